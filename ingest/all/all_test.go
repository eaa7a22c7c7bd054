package all

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListHasNoTwins(t *testing.T) {
	r := New()
	seen := map[string]bool{}
	add := func(name string) {
		require.False(t, seen[name], name)
		seen[name] = true
	}
	for _, s := range r.Sources {
		add(s.Type)
		require.NotNil(t, s.Open, s.Type)
	}
	for _, s := range r.Sinks {
		add(s.Type)
		require.NotNil(t, s.Open, s.Type)
	}
	for _, f := range r.Formats {
		add("format " + f.Name)
		require.NotNil(t, f.NewDecoder, f.Name)
	}
	for _, name := range []string{"file_source", "file_source_mmap", "generator_source", "file_sink", "stdout_sink", "blackhole_sink", "format json", "format csv", "format tsv", "format string", "format raw"} {
		require.True(t, seen[name], name)
	}
}
