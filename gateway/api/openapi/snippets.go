package openapi

import (
	_ "embed"
	"strings"
)

// snippetText is a call through the SDK for each of its operations, made from the examples by TestSnippets.
//
//go:embed snippets.txt
var snippetText string

// snippets are the calls by operationId.
func snippets() map[string]string {
	out := map[string]string{}
	name := ""
	for line := range strings.Lines(snippetText) {
		if rest, is := strings.CutPrefix(line, "-- "); is && strings.HasSuffix(rest, " --\n") {
			name = strings.TrimSuffix(rest, " --\n")
			continue
		}
		out[name] += line
	}
	return out
}
