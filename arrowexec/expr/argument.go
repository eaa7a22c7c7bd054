package expr

// ArgumentError says that a function does not take the arguments of a call. Its
// text ends in "; hint: …" when there is one.
type ArgumentError struct {
	// Arg is the argument whose type is wrong; −1: there are too many or too few.
	Arg     int
	Message string
}

func (e *ArgumentError) Error() string { return e.Message }

// wrong is the first argument that no overload takes at its place, whatever the
// others are; the last one when each by itself might do.
func (f *Func) wrong(args []Expr) int {
	for i, a := range args {
		taken := false
		for k := range f.Overloads {
			o := &f.Overloads[k]
			if len(o.Args) == 0 || i >= len(o.Args) && !o.Variadic {
				continue
			}
			_, ok := widening(a, o.param(i))
			taken = taken || ok
		}
		if !taken {
			return i
		}
	}
	return len(args) - 1
}

// inArg says in which argument an error lies. For CASE the arguments are the
// conditions, then the results.
func inArg(i int, err error) error {
	if err == nil {
		return nil
	}
	return &ArgumentError{Arg: i, Message: err.Error()}
}
