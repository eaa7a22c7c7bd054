package parse

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// one reads a text that is one correct statement.
func one(t *testing.T, text string) ast.Body {
	t.Helper()
	list, diags := Statements("query", text, Options{})
	if len(diags) > 0 {
		t.Fatalf("%s\n%s", text, diags.Render(map[string]string{"query": text}))
	}
	if len(list) != 1 {
		t.Fatalf("%s: %d statements", text, len(list))
	}
	return list[0].Body
}

var posType = reflect.TypeFor[diag.Pos]()

// sameTree compares two trees, places aside.
func sameTree(a, b any) bool { return same(reflect.ValueOf(a), reflect.ValueOf(b)) }

func same(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	if a.Type() == posType {
		return true
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// roundTrip checks that a correct statement written back reads the same.
func roundTrip(t *testing.T, text string, body ast.Body) {
	t.Helper()
	out := ast.Format(body)
	again, diags := Statements("query", out, Options{})
	if diags.HasErrors() || len(again) != 1 {
		t.Fatalf("%s\nwritten back as\n%s\ngives %d statements and\n%s", text, out, len(again), diags.Render(map[string]string{"query": out}))
	}
	if !sameTree(body, again[0].Body) {
		t.Fatalf("%s\nwritten back as\n%s\nreads differently:\n%s", text, out, ast.Format(again[0].Body))
	}
}

// durationOf reads a text as an interval, or as INTERVAL and a literal, of a fixed
// length: `5s`, `1h30m`, `00:05:00`, `INTERVAL '5' MINUTE`.
func durationOf(text string) (time.Duration, error) {
	s := strings.TrimSpace(text)
	if len(s) >= 8 && strings.EqualFold(s[:8], "INTERVAL") {
		p := partParser("duration", s)
		iv := interval{}
		if p.isInterval() {
			iv = p.intervalLit("")
		}
		if list := p.finish(); len(list) > 0 {
			return 0, errors.New(list[0].Message)
		}
		return fixed(iv)
	}
	iv, err := intervalText(s, "")
	if err != nil {
		return 0, err
	}
	return fixed(iv)
}

// typeNameOf reads one type.
func typeNameOf(name, text string) (*ast.TypeName, diag.List) {
	p := partParser(name, text)
	t := p.typeName()
	return t, p.finish()
}
