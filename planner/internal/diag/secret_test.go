package diag

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`WITH ('a.sasl.password'='x''y', 'b'='c')`:   `WITH ('a.sasl.password'='****', 'b'='c')`,
		`'schema.registry.auth' = 'uü', 'topic'='t'`: `'schema.registry.auth' = '**', 'topic'='t'`,
		`'key.fields'='a', 'path'='token.csv'`:       `'key.fields'='a', 'path'='token.csv'`,
		`SELECT 'password'`:                          `SELECT 'password'`,
	} {
		require.Equal(t, want, mask(in))
	}
}
