package capability

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cardlink/templates"
)

// rulesLimit bounds a rule file in bytes. The lists it names are bounded by how many numbers they hold.
const rulesLimit = 1 << 20

// rules is a rule file (docs/configuration.md).
type rules struct {
	unlisted Vendors // of numbers in no list
	lists    []list
}

// list is one file of numbers.
type list struct {
	vendor templates.Vendor
	file   string // as the rule file names it
	hashed bool
}

// yamlRules is a rule file's form.
type yamlRules struct {
	AllSupported vendorSwitch        `yaml:"all_supported"`
	Vendors      map[string]yamlList `yaml:"vendors"`
}

type yamlList struct {
	Numbers []string `yaml:"numbers"`
	Hashes  []string `yaml:"hashes"`
}

// vendorSwitch is true, false, or a list of vendors.
type vendorSwitch Vendors

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *vendorSwitch) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var yes bool
		if err := n.Decode(&yes); err != nil {
			return fmt.Errorf("line %d: all_supported must be true, false or a list of vendors", n.Line)
		}
		*s = 0
		if yes {
			*s = vendorSwitch(All)
		}
		return nil
	}
	var names []string
	if err := n.Decode(&names); err != nil {
		return fmt.Errorf("line %d: all_supported must be true, false or a list of vendors", n.Line)
	}
	*s = 0
	for _, name := range names {
		v, err := vendorNamed(name)
		if err != nil {
			return fmt.Errorf("line %d: all_supported: %w", n.Line, err)
		}
		*s |= vendorSwitch(SetOf(v))
	}
	return nil
}

func vendorNamed(name string) (templates.Vendor, error) {
	v := templates.Vendor(strings.ToUpper(strings.TrimSpace(name)))
	if !slices.Contains(templates.Vendors(), v) {
		return "", fmt.Errorf("%q is none of the vendors %s", name, All)
	}
	return v, nil
}

// parseRules reads a rule file and names all that is wrong with it. Files are not opened.
func parseRules(text []byte) (r rules, err error) {
	if len(text) > rulesLimit {
		return rules{}, fmt.Errorf("is larger than %d bytes", rulesLimit)
	}
	var y yamlRules
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&y); err != nil && !errors.Is(err, io.EOF) {
		return rules{}, fmt.Errorf("is not a rule file: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return rules{}, errors.New("must be one YAML document")
	}
	r.unlisted = Vendors(y.AllSupported)
	var errs []error
	seen := map[templates.Vendor]string{}
	for name, l := range y.Vendors {
		v, err := vendorNamed(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("vendors: %w", err))
			continue
		}
		if other, twice := seen[v]; twice {
			errs = append(errs, fmt.Errorf("vendors: %q and %q are the same", min(other, name), max(other, name)))
		}
		seen[v] = name
		for _, files := range [...]struct {
			names  []string
			hashed bool
		}{{l.Numbers, false}, {l.Hashes, true}} {
			for _, f := range files.names {
				if strings.TrimSpace(f) == "" || strings.ContainsRune(f, 0) {
					errs = append(errs, fmt.Errorf("vendors: %s: a file has no name", v))
					continue
				}
				r.lists = append(r.lists, list{v, f, files.hashed})
			}
		}
	}
	if len(r.lists) > listsLimit {
		errs = append(errs, fmt.Errorf("vendors: more than %d files", listsLimit))
	}
	if err := errors.Join(errs...); err != nil {
		return rules{}, err
	}
	slices.SortStableFunc(r.lists, func(a, b list) int { // maps come in any order; loads and messages shall not
		return strings.Compare(string(a.vendor)+"\x00"+a.file, string(b.vendor)+"\x00"+b.file)
	})
	return r, nil
}

// listsLimit bounds how many files a rule file may name: each is looked at every few seconds.
const listsLimit = 1000
