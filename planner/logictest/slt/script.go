package slt

import (
	"fmt"
	"os"
	"strings"
)

// Script is one .slt file.
type Script struct {
	Path   string
	Blocks []*Block
}

// Block is a table, a case, an eval list, or text to keep (comments).
type Block struct {
	Kind  string // "table", "case", "eval", "plan", "text"
	Line  int
	Name  string
	Words map[string]string
	Body  []string
	Parts []Part
}

// Part is a section below the SQL of a case.
type Part struct {
	Name  string // "", "ledger", "error", "file out" …
	Lines []string
}

// Part gives the section of a name, and whether there is one.
func (b *Block) Part(name string) ([]string, bool) {
	for _, p := range b.Parts {
		if p.Name == name {
			return p.Lines, true
		}
	}
	return nil, false
}

// File is the text of a table: a line ~ is a blank line of it.
func (b *Block) File() string {
	if len(b.Body) == 0 {
		return ""
	}
	return strings.ReplaceAll(strings.Join(b.Body, "\n")+"\n", "\n~\n", "\n\n")
}

// Read reads a file of blocks.
func Read(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{Path: path}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	for i := 0; i < len(lines); {
		l := lines[i]
		word, rest, _ := strings.Cut(l, " ")
		switch {
		case strings.TrimSpace(l) == "" || strings.HasPrefix(l, "#"):
			s.Blocks = append(s.Blocks, &Block{Kind: "text", Line: i + 1, Body: []string{l}})
			i++
			continue
		case word != "table" && word != "case" && word != "eval" && word != "plan" && word != "check":
			return nil, fmt.Errorf("%s:%d: a block starts with table, case, eval, plan or check, not %q", path, i+1, word)
		}
		b := &Block{Kind: word, Line: i + 1}
		b.Name, b.Words, err = header(rest)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		for i++; i < len(lines); i++ {
			l := lines[i]
			if strings.HasPrefix(l, "----") && word != "table" && word != "eval" {
				b.Parts = append(b.Parts, Part{Name: strings.TrimSpace(l[4:])})
				continue
			}
			if strings.TrimSpace(l) == "" && (len(b.Parts) > 0 || word == "table" || word == "eval" || nextBlock(lines[i:])) {
				break
			}
			if n := len(b.Parts); n > 0 {
				b.Parts[n-1].Lines = append(b.Parts[n-1].Lines, l)
			} else {
				b.Body = append(b.Body, l)
			}
		}
		s.Blocks = append(s.Blocks, b)
	}
	return s, nil
}

// nextBlock tells whether a blank line inside SQL ends a case without answer.
func nextBlock(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		word, _, _ := strings.Cut(l, " ")
		return word == "table" || word == "case" || word == "eval" || word == "plan" || word == "check" || strings.HasPrefix(l, "#")
	}
	return true
}

// header reads `name key=value key="a value" flag`.
func header(s string) (string, map[string]string, error) {
	words := map[string]string{}
	var list []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end := 0
		quoted := false
		for end < len(s) && (quoted || s[end] != ' ') {
			if s[end] == '"' {
				quoted = !quoted
			}
			end++
		}
		if quoted {
			return "", nil, fmt.Errorf("an open quote")
		}
		list = append(list, s[:end])
		s = s[end:]
	}
	if len(list) == 0 {
		return "", nil, fmt.Errorf("a block needs a name")
	}
	for _, w := range list[1:] {
		k, v, _ := strings.Cut(w, "=")
		words[k] = strings.Trim(v, `"`)
	}
	return list[0], words, nil
}

// Write puts the script back, with the answers that were missing.
func (s *Script) Write() error {
	old, err := os.ReadFile(s.Path)
	if err != nil {
		return err
	}
	src := strings.Split(strings.TrimRight(string(old), "\n"), "\n")
	var out []string
	at := 0
	for _, b := range s.Blocks {
		if b.Kind == "text" {
			out = append(out, b.Body...)
			at = b.Line
			continue
		}
		out = append(out, src[b.Line-1])
		out = append(out, b.Body...)
		for _, p := range b.Parts {
			out = append(out, strings.TrimRight("---- "+p.Name, " "))
			out = append(out, p.Lines...)
		}
		_ = at
	}
	return os.WriteFile(s.Path, []byte(strings.Join(out, "\n")+"\n"), 0o666)
}
