package strftime

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/itchyny/timefmt-go"
	"github.com/stretchr/testify/require"
)

// Every conversion writes what a second implementation writes, and what is
// written reads back.
func TestAgainstTimefmt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const all = "%Y %C %y %m %b %B %h %d %e %j %H %k %I %l %M %S %p %P %f %s %z %:z %Z %a %A %w %u %U %W %G %g %V %F %T %D %R %r %c %v %x %X %% %n %t"
	p, err := Compile(all)
	require.NoError(t, err)
	back, err := Compile("%Y-%m-%dT%H:%M:%S%.f%z")
	require.NoError(t, err)
	back2, err := Compile("%d %B %Y %I:%M:%S.%f %p %a")
	require.NoError(t, err)
	iso, err := Compile("%G-W%V-%u %T.%f")
	require.NoError(t, err)
	for range 20000 {
		us := r.Int64N(253402300799999999+62135596800000000) - 62135596800000000
		want := timefmt.Format(time.UnixMicro(us).UTC(), all)
		require.Equal(t, want, string(p.Append(nil, us)), us)
		for _, q := range []*Pattern{back, back2, iso} {
			s := q.Append(nil, us)
			got, ok := q.Parse(s)
			require.True(t, ok, "%s %s", q, s)
			require.Equal(t, us, got, "%s %s", q, s)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		us            int64
		ok            bool
	}{
		{"%Y-%m-%d", "2024-02-29", 1709164800000000, true},
		{"%Y-%m-%d", "2023-02-29", 0, false},
		{"%Y-%m-%d", "2024-2-9", 1707436800000000, true},
		{"%Y-%m-%d", "2024-02-29x", 0, false},
		{"%Y-%m-%d", "2024-02", 0, false},
		{"%H:%M:%S", "23:59:60", 0, false},
		{"%H:%M", "24:00", 0, false},
		{"%s", "1700000000", 1700000000000000, true},
		{"%s%.3f", "1700000000.123", 1700000000123000, true},
		{"%H:%M:%S.%f", "00:00:01.123456789", 1123456, true},
		{"%H:%M:%S%.3f", "00:00:01.5", 1500000, true},
		{"%Y-%m-%d %H:%M %z", "1970-01-01 01:00 +01:00", 0, true},
		{"%Y-%m-%d %H:%M%z", "1970-01-01 00:00Z", 0, true},
		{"%I %p", "12 am", 0, true},
		{"%I %p", "12 PM", 12 * 3600e6, true},
		{"%b %e", "jan  2", 86400e6, true},
		{"%Y%m%d%H%M%S", "19700101000001", 1000000, true},
		{"", "", 0, true},
	} {
		p, err := Compile(c.pattern)
		require.NoError(t, err)
		us, ok := p.Parse([]byte(c.text))
		require.Equal(t, c.ok, ok, "%s %s", c.pattern, c.text)
		require.Equal(t, c.us, us, "%s %s", c.pattern, c.text)
	}
	for _, bad := range []string{"%", "%Q", "%-", "%.d", "%5d", "a%:q"} {
		_, err := Compile(bad)
		require.Error(t, err, bad)
	}
}
