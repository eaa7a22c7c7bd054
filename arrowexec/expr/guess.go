package expr

import "math"

// Guess is about which part of the rows a condition leaves, where nothing is known
// of their values: planners compare sizes with it.
func Guess(e Expr) float64 {
	opposite := func(not bool, g float64) float64 {
		if not {
			return 1 - g
		}
		return g
	}
	switch x := e.(type) {
	case *logic:
		g := 1.0
		for _, a := range x.args {
			g *= opposite(x.or, Guess(a))
		}
		return opposite(x.or, g)
	case *not:
		return 1 - Guess(x.Children()[0])
	case *isTest:
		return opposite(x.not, 0.02)
	case *compare:
		switch x.op {
		case opEq:
			return 0.1
		case opNe:
			return 0.9
		}
	case *distinct:
		return opposite(!x.not, 0.1)
	case *between:
		return opposite(x.not, 0.16)
	case *in:
		return opposite(x.not, math.Min(0.1*float64(len(x.list)), 0.5))
	case *like:
		return opposite(x.not, 0.1)
	}
	return 0.4
}
