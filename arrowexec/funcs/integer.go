package funcs

import "github.com/velostream/velo/arrowexec/expr"

// integerFuncs are the spelt-out forms of the operators // and %, with the
// operators' own kernels.
func integerFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "DIV", Family: "Math", Signature: "DIV(a, b)", Doc: "The quotient cut towards zero; NULL when b is 0. The operator is //.",
			Example: "DIV(-7, 2)", Result: "-3", Overloads: operator("//"),
		},
		{
			Name: "MOD", Family: "Math", Signature: "MOD(a, b)", Doc: "The remainder of DIV, with the sign of a; NULL when b is 0. The operator is %.",
			Example: "MOD(-7, 2)", Result: "-1", Overloads: operator("%"),
		},
	}
}

func operator(name string) []expr.Overload {
	for _, f := range expr.Operators() {
		if f.Name == name {
			return f.Overloads
		}
	}
	panic("funcs: package expr has no operator " + name)
}
