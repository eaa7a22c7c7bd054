package agg

import "golang.org/x/sys/cpu"

// addsMany tells that the processor adds eight values at once.
var addsMany = cpu.X86.HasAVX512F

// addLanes adds n values, a multiple of eight, to the lanes.
//
//go:noescape
func addLanes(l *lanes, x *float64, n int)
