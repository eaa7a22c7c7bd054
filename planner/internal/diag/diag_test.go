package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	text := "SELECT a\r\n\tFROM größe WHERE prise > 1\nx"
	d := Errorf(UnknownColumn, "app.sql", Pos{Line: 2, Col: 19}, `unknown column "prise" in source "trades"`).
		WithHint(`did you mean "price"? available: %s`, "price")
	want := "error: app.sql:2:19: unknown column \"prise\" in source \"trades\"\n" +
		"\tFROM größe WHERE prise > 1\n" +
		"\t                 ^\n" +
		"hint: did you mean \"price\"? available: price\n"
	if got := d.Render(text); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := d.Error(); got != `app.sql:2:19: unknown column "prise" in source "trades"` {
		t.Error(got)
	}
	for _, c := range []struct {
		d    Diagnostic
		text string
		want string
	}{
		{Errorf(Syntax, "query", Pos{Line: 1, Col: 9}, "x"), "SELECT a", "error: query:1:9: x\nSELECT a\n        ^\n"},
		{Warnf(Annotation, "query", Pos{Line: 1, Col: 1}, "x"), "\ufeffa", "warning: query:1:1: x\na\n^\n"},
		{Errorf(Syntax, "query", Pos{Line: 9, Col: 9}, "x"), "SELECT a", "error: query:9:9: x\n"},
		{Errorf(Syntax, "query", Pos{}, "x"), "SELECT a", "error: query: x\n"},
		{Errorf(Syntax, "", Pos{}, "x"), "", "error: x\n"},
	} {
		if got := c.d.Render(c.text); got != c.want {
			t.Errorf("got %q\nwant %q", got, c.want)
		}
	}
}

func TestRenderLongLine(t *testing.T) {
	text := strings.Repeat("é", 500) + "X" + strings.Repeat("y", 500)
	lines := strings.Split(Errorf(Syntax, "q", Pos{Line: 1, Col: 501}, "x").Render(text), "\n")
	if n := len([]rune(lines[1])); n != 202 {
		t.Errorf("line of %d", n)
	}
	if at := len([]rune(lines[2])) - 1; []rune(lines[1])[at] != 'X' {
		t.Errorf("caret under %q", []rune(lines[1])[at])
	}
	lines = strings.Split(Errorf(Syntax, "q", Pos{Line: 1, Col: 1002}, "x").Render(text), "\n")
	if !strings.HasSuffix(lines[1], "y") || len([]rune(lines[2])) != len([]rune(lines[1]))+1 {
		t.Errorf("%q", lines)
	}
}

func TestList(t *testing.T) {
	var l List
	l.Add(Errorf(Syntax, "b", Pos{Line: 2, Col: 1}, "two"), Errorf(Syntax, "a", Pos{Line: 1, Col: 1}, "other"),
		Warnf(Syntax, "b", Pos{Line: 1, Col: 9}, "w"), Errorf(Syntax, "b", Pos{Line: 1, Col: 9}, "nine"),
		Errorf(Syntax, "b", Pos{Line: 2, Col: 1}, "two").WithHint("h"))
	want := "b:1:9: nine\nb:1:9: w\nb:2:1: two\na:1:1: other"
	if got := l.Sorted().Error(); got != want {
		t.Errorf("got\n%s", got)
	}
	if !l.HasErrors() || len(l.Warnings()) != 1 || l.Warnings().HasErrors() || l.Warnings().Err() != nil {
		t.Error("errors and warnings are mixed up")
	}
	var list List
	if err := fmt.Errorf("at start: %w", l.Err()); !errors.As(err, &list) || len(list) != 3 {
		t.Errorf("%v", list)
	}
	if got := l.Render(map[string]string{"b": "line one\nline two"}); !strings.Contains(got, "line two\n^\n") {
		t.Errorf("got\n%s", got)
	}
	if List(nil).Err() != nil || List(nil).Render(nil) != "" {
		t.Error("an empty list is an error")
	}
}

func TestNearest(t *testing.T) {
	names := []string{"price", "prize", "symbol", "qty", "PRICES"}
	for name, want := range map[string]string{"prise": "price", "PRICE": "price", "symbl": "symbol", "ytq": "qty", "q": "", "customer": "", "abc": "", "": "", "prics": "PRICES"} {
		if got, _ := Nearest(name, names); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if got := SuggestHint("prise", []string{"qty", "price"}, true); got != `did you mean "price"? available: qty, price` {
		t.Error(got)
	}
	if got := SuggestHint("xxxxxx", []string{"qty"}, false); got != "" {
		t.Error(got)
	}
	if got := strings.Join(SortedNames([]string{"b", "a", "b"}), ","); got != "a,b" {
		t.Error(got)
	}
	for _, c := range []struct {
		a, b string
		n    int
	}{{"", "", 0}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"größe", "grösse", 2}} {
		if Distance(c.a, c.b) != c.n || Distance(c.b, c.a) != c.n {
			t.Errorf("%s %s: %d", c.a, c.b, Distance(c.a, c.b))
		}
	}
}
