package strftime

import "testing"

// FuzzPattern reads any pattern, writes any instant with it and reads any text: nothing
// panics, and what a pattern with the whole instant at its head writes reads back.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{"%Y-%m-%d", "%a %A %b %B %p %P", "%U %W %V %G %u", "%s%.3f", "%z %:z %Z", "%-d %e %_H %0y %%", "%", "%Q", "%j %C %y", "\x80%Y"} {
		f.Add(p, "2024-02-29 23:59:59", int64(1709164800000000))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, us int64) {
		const least, most = -62135596800000000, 253402300799999999
		us = max(least, min(us, most))
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		p.Append(nil, us)
		p.Parse([]byte(text))
		head, err := Compile("%Y-%m-%dT%H:%M:%S.%f|")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := head.Parse(head.Append(nil, us)); !ok || got != us {
			t.Fatalf("%d reads back as %d, %v", us, got, ok)
		}
	})
}
