package funcs

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
)

func randomDecimal(r *rand.Rand) (decimal128.Num, *big.Int) {
	x := new(big.Int).SetUint64(r.Uint64())
	x.Add(x.Lsh(x, 64), new(big.Int).SetUint64(r.Uint64()))
	x.Mod(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.IntN(39))), nil))
	if r.IntN(4) == 0 { // halves and powers are where rounding turns
		x.Exp(big.NewInt(10), big.NewInt(int64(r.IntN(38))), nil)
		x.Mul(x, big.NewInt(int64(r.IntN(10))))
		if len(x.String()) > 38 {
			x.SetInt64(5)
		}
	}
	if r.IntN(2) == 0 {
		x.Neg(x)
	}
	return decimal128.FromBigInt(x), x
}

// Decimal kernels against arithmetic of any size.
func TestDecimalAgainstBig(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)
	for range 100000 {
		n, x := randomDecimal(r)
		k := int32(r.IntN(42))
		how := rounding(r.IntN(4))
		p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(k)), nil)
		q, m := new(big.Int).QuoRem(x, p, new(big.Int))
		up := false
		switch how {
		case halfAway:
			up = new(big.Int).Abs(new(big.Int).Lsh(m, 1)).Cmp(p) >= 0
		case floor:
			up = m.Sign() < 0
		case ceiling:
			up = m.Sign() > 0
		}
		if up {
			q.Add(q, big.NewInt(int64(x.Sign())))
		}
		got, err := quoDecimal(n, k, how)
		require.NoError(t, err)
		require.Equal(t, q.String(), got.BigInt().String(), "%s / 10^%d %d", x, k, how)

		q.Mul(q, p)
		got, err = roundDecimal(n, k, how)
		if q.CmpAbs(limit) >= 0 {
			require.Error(t, err, "%s %d %d", x, k, how)
		} else {
			require.NoError(t, err)
			require.Equal(t, q.String(), got.BigInt().String(), "%s %d %d", x, k, how)
		}

		n2, y := randomDecimal(r)
		y.Mul(x, y)
		got, err = mulDecimal(n, n2)
		if y.CmpAbs(limit) >= 0 {
			require.Error(t, err)
		} else {
			require.NoError(t, err)
			require.Equal(t, y.String(), got.BigInt().String())
		}
	}
}
