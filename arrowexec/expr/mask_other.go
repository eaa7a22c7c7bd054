//go:build !amd64

package expr

const comparesMany = false

const (
	condEq = iota
	condLt
	condLe
	condNe
	condGe
	condGt
)

func maskDoubles(*byte, *float64, int, float64, int) {}
func maskLongs(*byte, *int64, int, int64, int)       {}
func maskInts(*byte, *int32, int, int32, int)        {}
func maskLengths(*byte, *int32, int, int32)          {}
func setBits(*int32, *byte, int) int                 { return 0 }
