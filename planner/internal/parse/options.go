package parse

// Options are the settings of a parse. The zero value has no variables and the
// default limits.
type Options struct {
	Variables Variables
	Limits    Limits
}

// Variables are the values of ${NAME}.
type Variables struct {
	// Vars are the values given with --var, used everywhere but in comments.
	Vars map[string]string
	// Env looks a name up in the environment, for WITH lists and annotations
	// only; nil for none.
	Env func(name string) (string, bool)
	// Never turns expansion off, for SQL that came over HTTP: ${NAME} stays as
	// it is in a string and is an error elsewhere.
	Never bool
}

// Limits bound what one statement may ask of the parser and of everything that
// walks its tree. Zero means the default.
type Limits struct {
	Depth     int // nesting of expressions, queries and types; default 200
	List      int // items of one list, rows of VALUES; default 100,000
	Operators int // operators of one expression, joins and set operations of one query; default 5,000
	Bytes     int // length of one statement; default 4 MiB
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Depth, 200)
	def(&l.List, 100_000)
	def(&l.Operators, 5_000)
	def(&l.Bytes, 4<<20)
	return l
}
