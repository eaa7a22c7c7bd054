package funcs

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/expr"
)

func TestExamples(t *testing.T) {
	for _, f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			require.NotEmpty(t, f.Doc)
			require.NotEmpty(t, f.Signature)
			require.NotEmpty(t, f.Family)
			require.NotEmpty(t, f.Example)
			verify(t, f.Example, f.Result)
			for _, o := range f.Overloads {
				require.NotNil(t, o.Type)
				require.True(t, (o.Kernel == nil) != (o.Prepare == nil))
			}
		})
	}
}

// The names of the contract that are scalar functions of this package.
func TestContractNames(t *testing.T) {
	reg, err := expr.NewRegistry(All()...)
	require.NoError(t, err)
	for _, n := range []string{
		"ABS", "CEIL", "CEILING", "FLOOR", "ROUND", "TRUNC", "SIGN", "SQRT", "POWER", "POW", "EXP", "LN", "LOG", "LOG10", "MOD", "DIV", "LEAST", "GREATEST", "PI",
		"RANDOM", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2",
		"UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "LENGTH", "LEN", "CHAR_LENGTH", "OCTET_LENGTH", "CONCAT", "CONCAT_WS", "SUBSTRING", "SUBSTR", "REPLACE", "LEFT",
		"RIGHT", "LPAD", "RPAD", "POSITION", "STRPOS", "SPLIT", "SPLIT_PART", "JOIN", "ARRAY_TO_STRING", "REVERSE", "REPEAT", "STARTS_WITH", "ENDS_WITH", "CONTAINS",
		"INITCAP", "REGEXP", "REGEXP_LIKE", "REGEXP_REPLACE", "REGEXP_EXTRACT", "FORMAT", "MD5", "SHA256", "TO_HEX", "FROM_HEX", "TO_BASE64", "FROM_BASE64",
		"NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "TIMESTAMP", "EXTRACT", "DATE_PART", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND",
		"MILLISECOND", "DATE_TRUNC", "TIME_BUCKET", "DATE_ADD", "DATE_SUB", "DATEDIFF", "DATE_DIFF", "DATE_FORMAT", "STRFTIME", "TO_TIMESTAMP", "TO_DATE",
		"FROM_UNIXTIME", "UNIX_TIMESTAMP", "TO_UNIXTIME", "AT_TIME_ZONE",
		"JSON_VALUE", "JSON_EXTRACT", "JSON_QUERY", "JSON_EXISTS", "JSON_LENGTH", "JSON_KEYS", "JSON_OBJECT", "JSON_ARRAY", "PARSE_JSON", "TO_JSON",
		"ARRAY_LENGTH", "CARDINALITY", "ARRAY_CONTAINS", "ARRAY_DISTINCT", "ARRAY_SORT", "ARRAY_MAX", "ARRAY_MIN", "ARRAY_SUM", "ELEMENT_AT", "MAP_KEYS", "MAP_VALUES",
		"HEADER", "HAS_HEADER", "HEADER_KEYS", "SET_HEADER", "REMOVE_HEADER",
	} {
		_, ok := reg.Lookup(n)
		require.True(t, ok, n)
	}
}
