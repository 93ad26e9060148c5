package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// yamlConfig makes a YAML file a source of flag values below the command line and the environment. Nested keys are joined with dashes, so
// that `kafka: {brokers: […]}` is --kafka-brokers; underscores count as dashes. Keys nobody knows are errors, all named at once.
func yamlConfig(r io.Reader) (kong.Resolver, error) {
	var doc map[string]any
	d := yaml.NewDecoder(r)
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the configuration file is not valid YAML: %w", err)
	}
	return &yamlResolver{doc: doc, used: map[string]bool{}}, nil
}

type yamlResolver struct {
	doc  map[string]any
	used map[string]bool
}

// Validate refuses keys that no flag of any command has.
func (y *yamlResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			known[f.Name] = true
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(app.Node)
	var unknown []string
	y.flatten(func(key string, _ any) bool {
		if known[key] {
			return true
		}
		for k := range known { // a prefix of known keys: look deeper
			if strings.HasPrefix(k, key+"-") {
				return false
			}
		}
		unknown = append(unknown, key)
		return true
	})
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("unknown keys in the configuration file: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve gives a flag's value, nil if the file does not name it.
func (y *yamlResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs { // kong asks resolvers for every flag that the command line does not name, set by the environment or not
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	var found any
	y.flatten(func(key string, v any) bool {
		if key == flag.Name {
			found = v
			return true
		}
		return !strings.HasPrefix(flag.Name, key+"-")
	})
	switch v := found.(type) {
	case nil:
		return nil, nil
	case []any:
		if len(v) > 0 {
			if _, object := v[0].(map[string]any); object {
				return jsonText(v)
			}
		}
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = fmt.Sprint(e)
		}
		return strings.Join(parts, ","), nil
	case map[string]any:
		return jsonText(v)
	default:
		return fmt.Sprint(v), nil
	}
}

// flatten visits every key, outermost first; visit returns true when it is done with a key and false to look below it.
func (y *yamlResolver) flatten(visit func(key string, v any) bool) {
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		for k, v := range m {
			key := prefix + strings.ReplaceAll(k, "_", "-")
			if visit(key, v) {
				continue
			}
			if child, ok := v.(map[string]any); ok {
				walk(key+"-", child)
			}
		}
	}
	walk("", y.doc)
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// jsonList is a flag whose value is JSON text: a list of objects, written as a list in YAML. Unknown members are errors.
type jsonList[T any] []T

// UnmarshalText reads the JSON.
func (l *jsonList[T]) UnmarshalText(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode((*[]T)(l)); err != nil {
		return fmt.Errorf("must be a JSON list of objects: %w", err)
	}
	return nil
}
