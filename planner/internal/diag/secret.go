package diag

import (
	"regexp"
	"strings"
)

const secretNames = `password|secret|token|credential|sasl\.jaas|\.auth|ssl\.key|key\.pem`

// secret is an item of a WITH list, in either kind of quotes, also over lines.
var secret = regexp.MustCompile(`(?i)(?:'[^'\n]*(?:` + secretNames + `)[^'\n]*'|"[^"\n]*(?:` + secretNames + `)[^"\n]*")\s*=\s*(?:'((?:[^']|'')*)|"((?:[^"]|"")*))`)

// mask puts stars for the values of keys that hold secrets. The text keeps its
// lines and their lengths, so that a caret stands right.
func mask(text string) string {
	at := secret.FindAllStringSubmatchIndex(text, -1)
	for i := len(at) - 1; i >= 0; i-- {
		from, to := at[i][2], at[i][3]
		if from < 0 {
			from, to = at[i][4], at[i][5]
		}
		stars := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return r
			}
			return '*'
		}, text[from:to])
		text = text[:from] + stars + text[to:]
	}
	return text
}

var secretKey = regexp.MustCompile("(?i)" + secretNames)

// Secret tells whether a key's value must not be shown.
func Secret(key string) bool { return secretKey.MatchString(key) }
