package ast

// NullLit is NULL.
type NullLit struct{ Place }

// BoolLit is TRUE or FALSE.
type BoolLit struct {
	Place
	Value bool
}

// IntLit is an integer that fits 64 bits: 1, 1_000, 0xFF, -5.
type IntLit struct {
	Place
	Text  string // as written, without blanks
	Value int64
}

// DecimalLit is a number with a point and no exponent, or an integer beyond 64
// bits. It has at most 38 digits.
type DecimalLit struct {
	Place
	// Text is an optional minus, digits, and an optional point with digits;
	// without underscores: "1.50", "0.5" for .5, "2" for 2., "-7.0".
	Text string
	// Precision counts the digits of DECIMAL(Precision, Scale): 1.50 is (3,2),
	// 0.05 is (2,2).
	Precision int
	Scale     int
}

// DoubleLit is a number with an exponent: 1e3.
type DoubleLit struct {
	Place
	Text  string
	Value float64
}

// StringLit is '…' or E'…', its value unescaped.
type StringLit struct {
	Place
	Value string
}

// BytesLit is X'…'.
type BytesLit struct {
	Place
	Value []byte
}

// TypedLit is DATE '…', and so with other types of one word; the text is not yet read.
type TypedLit struct {
	Place
	Type *TypeName
	Args bool // the type's arguments are written: DECIMAL(10, 2) '…'
	Text string
	// TextPos is the opening quote.
	TextPos Pos
}

// IntervalLit is INTERVAL '5' MINUTE and its spellings, as months, days and
// microseconds, each with its own sign.
type IntervalLit struct {
	Place
	Months int32
	Days   int32
	Micros int64
}

// DurationLit is a Duration that stands as an argument, as in
// TIME_BUCKET(5m, t), TUMBLE_START(t, 5m), or RANGE 5m PRECEDING.
type DurationLit struct {
	Duration
}

func (*NullLit) expr()     {}
func (*BoolLit) expr()     {}
func (*IntLit) expr()      {}
func (*DecimalLit) expr()  {}
func (*DoubleLit) expr()   {}
func (*StringLit) expr()   {}
func (*BytesLit) expr()    {}
func (*TypedLit) expr()    {}
func (*IntervalLit) expr() {}
func (*DurationLit) expr() {}
