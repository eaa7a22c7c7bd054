package main

import (
	"os"
	"runtime/debug"
	_ "time/tzdata" // time zones also where the system has none

	"github.com/velostream/velo/internal/cli"
)

func main() {
	// Batch memory is recycled by the engine, so the collector has little to find
	// and may run seldom; --memory-limit bounds what that can cost.
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(400)
	}
	os.Exit(cli.Main(os.Args[1:]))
}
