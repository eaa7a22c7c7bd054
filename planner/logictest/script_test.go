package logictest

import (
	"fmt"
	"os"
	"strings"
)

// script is one .slt file.
type script struct {
	path   string
	blocks []*block
}

// block is a table, a case, an eval list, or text to keep (comments).
type block struct {
	kind  string // "table", "case", "eval", "plan", "text"
	line  int
	name  string
	words map[string]string
	body  []string
	parts []part
}

type part struct {
	name  string // "", "ledger", "error", "file out" …
	lines []string
}

func (b *block) part(name string) ([]string, bool) {
	for _, p := range b.parts {
		if p.name == name {
			return p.lines, true
		}
	}
	return nil, false
}

func readScript(path string) (*script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &script{path: path}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	for i := 0; i < len(lines); {
		l := lines[i]
		word, rest, _ := strings.Cut(l, " ")
		switch {
		case strings.TrimSpace(l) == "" || strings.HasPrefix(l, "#"):
			s.blocks = append(s.blocks, &block{kind: "text", line: i + 1, body: []string{l}})
			i++
			continue
		case word != "table" && word != "case" && word != "eval" && word != "plan" && word != "check":
			return nil, fmt.Errorf("%s:%d: a block starts with table, case, eval, plan or check, not %q", path, i+1, word)
		}
		b := &block{kind: word, line: i + 1}
		b.name, b.words, err = header(rest)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		for i++; i < len(lines); i++ {
			l := lines[i]
			if strings.HasPrefix(l, "----") && word != "table" && word != "eval" {
				b.parts = append(b.parts, part{name: strings.TrimSpace(l[4:])})
				continue
			}
			if strings.TrimSpace(l) == "" && (len(b.parts) > 0 || word == "table" || word == "eval" || nextBlock(lines[i:])) {
				break
			}
			if n := len(b.parts); n > 0 {
				b.parts[n-1].lines = append(b.parts[n-1].lines, l)
			} else {
				b.body = append(b.body, l)
			}
		}
		s.blocks = append(s.blocks, b)
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

// write puts the script back, with the answers that were missing.
func (s *script) write() error {
	old, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	src := strings.Split(strings.TrimRight(string(old), "\n"), "\n")
	var out []string
	at := 0
	for _, b := range s.blocks {
		if b.kind == "text" {
			out = append(out, b.body...)
			at = b.line
			continue
		}
		out = append(out, src[b.line-1])
		out = append(out, b.body...)
		for _, p := range b.parts {
			out = append(out, strings.TrimRight("---- "+p.name, " "))
			out = append(out, p.lines...)
		}
		_ = at
	}
	return os.WriteFile(s.path, []byte(strings.Join(out, "\n")+"\n"), 0o666)
}
