package openapi

import "strings"

// The descriptions are plain text with few marks: `code`, **strong**, and in the document's own description headings, paragraphs and lists.

// inline is a run of text.
type inline struct {
	Text   string
	Code   bool
	Strong bool
}

func inlines(s string) []inline {
	var out []inline
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			out = append(out, inline{Text: part, Code: true})
			continue
		}
		for j, run := range strings.Split(part, "**") {
			if run != "" {
				out = append(out, inline{Text: run, Strong: j%2 == 1})
			}
		}
	}
	return out
}

// block is a heading, a paragraph or a list.
type block struct {
	Heading string
	Text    []inline
	Items   [][]inline
}

func blocks(s string) []block {
	var out []block
	for part := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		switch {
		case strings.HasPrefix(part, "## "):
			out = append(out, block{Heading: strings.TrimPrefix(part, "## ")})
		case strings.HasPrefix(part, "- "):
			var b block
			for item := range strings.SplitSeq(part, "\n") {
				b.Items = append(b.Items, inlines(strings.TrimPrefix(item, "- ")))
			}
			out = append(out, b)
		case part != "":
			out = append(out, block{Text: inlines(strings.ReplaceAll(part, "\n", " "))})
		}
	}
	return out
}
