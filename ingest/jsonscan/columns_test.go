package jsonscan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// numbersOf puts values in one buffer, with what may follow them.
func numbersOf(values []string) (buf []byte, from, to []int32) {
	buf = append(buf, `{"a":`...)
	for i, v := range values {
		from = append(from, int32(len(buf)))
		buf = append(buf, v...)
		to = append(to, int32(len(buf)))
		buf = append(buf, []string{",", "}", " ", "\n", `,"b":1`}[i%5]...)
	}
	return append(buf, make([]byte, slack)...), from, to
}

func checkNumbers(t *testing.T, values []string) {
	t.Helper()
	buf, from, to := numbersOf(values)
	for name, way := range map[string][2]func([]byte, []int32, []int32, []int64) int{
		"integers": {Integers, integersOneByOne}, "decimals": {Decimals, decimalsOneByOne},
	} {
		for i := range values {
			out, want := make([]int64, len(values)), make([]int64, len(values))
			n, k := way[0](buf, from[i:], to[i:], out), way[1](buf, from[i:], to[i:], want)
			require.Equal(t, k, n, "%s from %d: %q", name, i, values)
			require.Equal(t, want[:k], out[:n], "%s from %d: %q", name, i, values)
			for j, x := range out[:n] { // and the library agrees
				v := values[i+j]
				if name == "integers" {
					w, err := strconv.ParseInt(v, 10, 64)
					require.NoError(t, err)
					require.Equal(t, w, x, v)
				} else {
					w, err := strconv.ParseFloat(v, 64)
					require.NoError(t, err)
					require.Equal(t, math.Float64bits(w), uint64(x), v)
				}
			}
			if hasDigits && n-8 > 8 { // without what is read one by one first
				c := numbers{buf: &buf[0], from: &from[i], to: &to[i], out: &out[0], n: n}
				map[string]func(*numbers){"integers": integers, "decimals": decimals}[name](&c)
				require.Zero(t, c.done%8)
				require.LessOrEqual(t, c.done, n)
				require.Equal(t, want[:c.done], out[:c.done])
			}
			if i > 20 && i%7 > 0 {
				break
			}
		}
	}
	right := 0
	for right < len(values) && values[right] != "" && scalar(buf, int(from[right])) == int(to[right]) {
		right++
	}
	require.Equal(t, right, Scalars(buf, from, to), "%q", values)
}

// oddNumbers are those that are wrong, or nearly.
var oddNumbers = []string{"", "-", "0", "-0", "00", "01", "-01", "007", "1.", ".5", "-.5", "1.5.5", "1..5", "1e3", "1E3", "+1", " 1", "1 ", "--1", "1-", "tru", "null", "0.0", "-0.0", "0.50", "00.5",
	"9999999", "99999999", "999999999", "1234567.1234567", "1234567.12345678", "12345678.5", "-1234567.7654321", "-123456.1", "1.123456789", "9999999999999999", "99999999999999999", "1234567890123456", "1/5", "1:5", "1x", "x1", "1,2", "12345:78", "/", "12345678x", "123456789012345x", "x234567890"}

// TestNumbers reads columns of numbers eight at once and one by one.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	usual := []func() string{
		func() string { return fmt.Sprint(r.IntN(1000)) },
		func() string { return fmt.Sprint(r.Uint64N(1e16) >> r.IntN(54)) },
		func() string { return fmt.Sprint(1_700_000_000_000 + r.IntN(1000)) },
		func() string { return fmt.Sprintf("%d.%04d", r.IntN(1000), r.IntN(10000)) },
		func() string {
			return strconv.FormatFloat(float64(r.IntN(10_000_000))/[]float64{1, 10, -1000, 1e7}[r.IntN(4)], 'f', -1, 64)
		},
		func() string { return fmt.Sprintf("-%d.%0*d", r.IntN(1_000_000), 1+r.IntN(7), r.IntN(10)) },
	}
	for round := range 1500 {
		values := make([]string, r.IntN(100))
		for i := range values {
			values[i] = usual[round%len(usual)]()
			if r.IntN([]int{20, 100, 1 << 30}[round%3]) == 0 {
				values[i] = oddNumbers[r.IntN(len(oddNumbers))]
			}
		}
		checkNumbers(t, values)
	}
	for name, way := range map[string]func(*numbers){"123": integers, "1700000000000": integers, "-12.5": decimals, "0": decimals} { // all of them eight at once
		buf, from, to := numbersOf(strings.Split(strings.Repeat(name+" ", 79)+name, " "))
		c := numbers{buf: &buf[0], from: &from[0], to: &to[0], out: &make([]int64, 80)[0], n: 79}
		if hasDigits {
			way(&c)
			require.Equal(t, 72, c.done, name)
		}
	}
	for _, odd := range append(oddNumbers, "true", "false", "nul") { // in each lane
		for i := range 24 {
			values := make([]string, 40)
			for k := range values {
				values[k] = "7"
			}
			values[i] = odd
			checkNumbers(t, values)
		}
	}
}

// TestNumbersDoNotAllocate holds for columns and for marks.
func TestNumbersDoNotAllocate(t *testing.T) {
	buf, from, to := numbersOf(strings.Split(strings.Repeat("12.5 ", 63)+"7.25", " "))
	out, at := make([]int64, 64), make([]int32, len(buf)+64+MarksRoom)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		Decimals(buf, from, to, out)
		Integers(buf, from, to, out)
		Scalars(buf, from, to)
		Marks(at, buf, NoEscapes)
		Marks(at, buf, QuoteEscapes)
		MarksOf(at, buf, from, to, 0)
	}))
}

func FuzzNumbers(f *testing.F) {
	for i, odd := range oddNumbers {
		f.Add(odd, "12.5", "123456789", uint8(i))
	}
	f.Fuzz(func(t *testing.T, a, b, c string, at uint8) {
		values := make([]string, 33)
		for i := range values {
			values[i] = []string{"123", b, c}[i%3*int(at>>7)]
		}
		values[int(at&31)] = a
		checkNumbers(t, values)
	})
}
