package app

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// longestWordList bounds the file of sensitive words, in bytes: each text of a template is searched for every word of it.
const longestWordList = 256 << 10

// readWords reads a list of words, one a line; blank lines and lines that begin with # are nothing. No file is no word.
func readWords(path string) (words []string, err error) {
	if path == "" {
		return nil, nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("sensitive words: %w", err)
		}
	}()
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(f, longestWordList+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > longestWordList:
		return nil, fmt.Errorf("%s is longer than %d bytes", path, longestWordList)
	}
	line := 0
	for word := range strings.SplitSeq(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line++
		if !utf8.ValidString(word) {
			return nil, fmt.Errorf("%s, line %d is not UTF-8", path, line)
		}
		if word = strings.TrimSpace(word); word != "" && word[0] != '#' {
			words = append(words, word)
		}
	}
	return words, nil
}
