package funcs

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzRegexp replaces with any pattern: a replacement without a backslash is what the
// standard library makes of it, and no pattern or replacement panics.
func FuzzRegexp(f *testing.F) {
	for _, p := range []string{"a+", "(a)(b)?", "^", "$", "[", "(?i)x", "\\d{1,3}", "(", "a|", "\\pL+", ".*?"} {
		f.Add(p, "aab 12 ÄX", `<\1\2\9\&\\>`)
	}
	f.Fuzz(func(t *testing.T, pattern, s, by string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) || !utf8.ValidString(by) || len(pattern) > 200 || len(s) > 1000 {
			return
		}
		quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
		sql := "REGEXP_REPLACE(" + quote(s) + ", " + quote(pattern) + ", " + quote(by) + ", 'g')"
		got, _, _, err := run(sql, 0, 1, nil, nil)
		re, bad := regexp.Compile(pattern)
		if bad != nil {
			if err == nil {
				t.Fatalf("%s: the pattern is bad: %v", sql, bad)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if !strings.Contains(by, `\`) {
			if want := re.ReplaceAllLiteralString(s, by); got[0] != want {
				t.Fatalf("%s is %q, not %q", sql, got[0], want)
			}
		}
	})
}
