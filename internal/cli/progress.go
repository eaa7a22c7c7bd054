package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec"
)

// progress is the state of the progress line.
type progress struct {
	on, drawn bool
	start     time.Time
	printed   time.Time
	last      arrowexec.SourceStats
}

// text is the line: rows, bytes, speed, and where the input's size is known how
// much of it is done and how long the rest will take.
func (p *progress) text(now time.Time) string {
	s, took := p.last, now.Sub(p.start)
	parts := []string{thousands(s.Rows) + " rows", size(s.Bytes), thousands(rate(s.Rows, took)) + " rows/s"}
	if s.Total > 0 {
		done := min(float64(s.Bytes)/float64(s.Total), 1)
		parts = append(parts, fmt.Sprintf("%.0f%%", done*100))
		if done > 0 && done < 1 {
			left := time.Duration(float64(took) * (1 - done) / done)
			parts = append(parts, "ETA "+left.Round(time.Second).String())
		}
	}
	return strings.Join(parts, ", ")
}

func rate(n int64, took time.Duration) int64 {
	if took <= 0 {
		return 0
	}
	return int64(float64(n) / took.Seconds())
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(s) - 3; i > from; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes in the unit that fits.
func size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	f, u := float64(n), 0
	for f >= 999.95 && u < len(units)-1 {
		f, u = f/1000, u+1
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[u])
}
