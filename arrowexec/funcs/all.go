package funcs

import (
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
)

// All lists the scalar functions. Every call makes new values.
func All() []*expr.Func {
	return markTotal(slices.Concat(
		roundFuncs(), floatFuncs(), integerFuncs(), extremeFuncs(),
		caseFuncs(), trimFuncs(), substringFuncs(), searchFuncs(), concatFuncs(), regexpFuncs(), formatFuncs(), encodingFuncs(),
		clockFuncs(), extractFuncs(), truncFuncs(), dateMathFuncs(), timeTextFuncs(),
		jsonFuncs(), arrayFuncs(), mapFuncs(), headerFuncs(),
	))
}
