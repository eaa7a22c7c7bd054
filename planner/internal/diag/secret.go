package diag

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var secret = regexp.MustCompile(`(?i)'[^']*(?:password|secret|token|credential|sasl\.jaas|\.auth|ssl\.key|key\.pem)[^']*'\s*=\s*'((?:[^']|'')*)`)

// mask puts stars for the values of keys that hold secrets. The line keeps its
// length, so that a caret under it stands right.
func mask(line string) string {
	at := secret.FindAllStringSubmatchIndex(line, -1)
	for i := len(at) - 1; i >= 0; i-- {
		from, to := at[i][2], at[i][3]
		line = line[:from] + strings.Repeat("*", utf8.RuneCountInString(line[from:to])) + line[to:]
	}
	return line
}

var secretKey = regexp.MustCompile(`(?i)password|secret|token|credential|sasl\.jaas|\.auth|ssl\.key|key\.pem`)

// Secret tells whether a key's value must not be shown.
func Secret(key string) bool { return secretKey.MatchString(key) }
