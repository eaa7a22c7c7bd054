package diag

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`WITH ('a.sasl.password'='x''y', 'b'='c')`:    `WITH ('a.sasl.password'='****', 'b'='c')`,
		`'schema.registry.auth' = 'uü', 'topic'='t'`:  `'schema.registry.auth' = '**', 'topic'='t'`,
		`'key.fields'='a', 'path'='token.csv'`:        `'key.fields'='a', 'path'='token.csv'`,
		`SELECT 'password'`:                           `SELECT 'password'`,
		`WITH ("sasl.password"="x'y", "b"="c")`:       `WITH ("sasl.password"="***", "b"="c")`,
		"'sasl.password' =\n  'over\nlines', 'b'='c'": "'sasl.password' =\n  '****\n*****', 'b'='c'",
	} {
		require.Equal(t, want, mask(in))
	}
	text := "'sasl.password' =\n'hunter2', 'x'='y'"
	require.NotContains(t, Errorf(UnknownKey, "q", Pos{Line: 2, Col: 12}, "x").Render(text), "hunter2")
	require.True(t, Secret("Sasl.Password"))
	require.False(t, Secret("topic"))
}
