package diag

import (
	"sort"
	"strings"
)

// maxDistance is the largest edit distance at which a name is still offered.
const maxDistance = 3

// Nearest returns the candidate closest to name, letter case aside, if it is at
// most three edits away and fewer than the name has letters. Of equally close
// ones it takes the first in alphabetical order.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestDist := "", maxDistance+1
	for _, c := range candidates {
		d := Distance(strings.ToLower(name), strings.ToLower(c))
		if d < bestDist || d == bestDist && best != "" && c < best {
			best, bestDist = c, d
		}
	}
	if bestDist > maxDistance || bestDist >= max(len(name), 1) || bestDist >= max(len(best), 1) {
		return "", false
	}
	return best, true
}

// SuggestHint is the usual hint for an unknown name: the nearest one, and with
// list set what is available, in the order given. It may be empty.
func SuggestHint(name string, candidates []string, list bool) string {
	var parts []string
	if n, ok := Nearest(name, candidates); ok {
		parts = append(parts, `did you mean "`+n+`"?`)
	}
	if list && len(candidates) > 0 {
		parts = append(parts, "available: "+strings.Join(candidates, ", "))
	}
	return strings.Join(parts, " ")
}

// SortedNames returns the names in alphabetical order, each once.
func SortedNames(names []string) []string {
	out := append([]string(nil), names...)
	sort.Strings(out)
	n := 0
	for i, s := range out {
		if i == 0 || s != out[n-1] {
			out[n] = s
			n++
		}
	}
	return out[:n]
}

// Distance is the number of insertions, deletions, replacements and swaps of
// neighbours that turn a into b, counted in code points.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	prev2, prev, cur := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(s); i++ {
		cur[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(t)]
}
