package cli

import (
	"os"

	"github.com/pkg/profile"
)

// startProfile starts the profile that the flags ask for; stop writes it.
func startProfile(f *flags) (stop func(), err error) {
	var dir string
	var kind func(*profile.Profile)
	n := 0
	for _, x := range []struct {
		dir  string
		kind func(*profile.Profile)
	}{{f.cpuDir, profile.CPUProfile}, {f.memDir, profile.MemProfileAllocs}, {f.traceDir, profile.TraceProfile}} {
		if x.dir != "" {
			dir, kind = x.dir, x.kind
			n++
		}
	}
	switch {
	case n == 0:
		return func() {}, nil
	case n > 1:
		return nil, usage("give one of --cpuprofile, --memprofile and --traceprofile: profiles taken together disturb each other")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usage("the folder of the profile: %v", err)
	}
	return profile.Start(kind, profile.ProfilePath(dir), profile.NoShutdownHook, profile.Quiet).Stop, nil
}
