package ast

// TypeKind is a SQL type without its arguments.
type TypeKind uint8

// The kinds. Spellings fold: INT, INTEGER and BIGINT are TypeBigint, FLOAT,
// DOUBLE and DOUBLE PRECISION TypeDouble, NUMERIC TypeDecimal, VARCHAR, TEXT and
// CHAR TypeString, VARBINARY TypeBytes.
const (
	// TypeInvalid stands for an unknown or malformed type, which was reported.
	TypeInvalid TypeKind = iota
	TypeBoolean
	TypeTinyint
	TypeSmallint
	TypeBigint
	TypeReal
	TypeDouble
	TypeDecimal
	TypeString
	TypeBytes
	TypeDate
	TypeTime
	TypeTimestamp
	TypeInterval
	TypeArray
	TypeMap
	TypeStruct
)

// TypeName is a type as written.
type TypeName struct {
	Place
	Kind TypeKind
	// Name is the word as written, in upper case ("VARCHAR", "DOUBLE
	// PRECISION"), for messages.
	Name string
	// Precision and Scale of DECIMAL; without arguments 38 and 9.
	Precision int
	Scale     int
	// Length is n of VARCHAR(n) and CHAR(n), 0 for none. CHAR alone has none.
	Length int
	// Digits is 3 or 6 for TIMESTAMP.
	Digits int
	Key    *TypeName // of a MAP
	Elem   *TypeName // of an ARRAY, the value of a MAP
	Fields []StructField
}

// StructField is one field of STRUCT<name type, …>.
type StructField struct {
	Name Ident
	Type *TypeName
}
