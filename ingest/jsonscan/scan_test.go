package jsonscan

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestSkipAcceptsWhatJSONIs(t *testing.T) {
	good := []string{
		`0`, `-0`, `1`, `-12.5e+10`, `1E5`, `0.0`, `""`, `"a"`, `"\u00e9\ud83d\ude00\n\/"`, `true`, `false`, `null`, `[]`, `{}`, `[ ]`, `{ }`,
		`[1, [2 ,[ ]], {"a" : {} , "b":[{}]}]`, `{"a":{"b":{"c":[[[1]]]}},"d":"e"}`, `"1234567\"12345678\\"`, `"é😀"`,
	}
	bad := []string{
		``, `-`, `01`, `1.`, `.5`, `1e`, `1e+`, `+1`, `"`, `"a`, `"\`, `"\u12`, `"\u12g4"`, `"\x"`, `"\ud800"`, `"\udc00"`, `"\ud800\u0041"`, `"\ud800\n`,
		"\"\x01\"", "\"12345678\x1f\"", `tru`, `nul`, `falsy`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`,
		`{"a" 1}`, `{"a":1 "b":2}`, `[1}`, `{"a":1]`, `{"a":[}`, `NaN`, `{1:2}`, `[{]}`, `{"a":{}`,
	}
	for _, s := range good {
		require.Equal(t, len(s), Skip([]byte(s), 0, 0), s)
		require.True(t, json.Valid([]byte(s)), s)
	}
	for _, s := range bad {
		if end := Skip([]byte(s), 0, 0); end >= 0 {
			require.Less(t, end, len(s), s)
			require.False(t, json.Valid([]byte(s)), s)
			continue
		}
		require.Error(t, Describe([]byte(s), ^Skip([]byte(s), 0, 0)), s)
	}
}

func TestNestingLimit(t *testing.T) {
	for _, c := range []struct {
		n, depth int
		ok       bool
	}{{MaxDepth, 0, true}, {MaxDepth + 1, 0, false}, {MaxDepth - 1, 1, true}, {MaxDepth, 1, false}} {
		b := []byte(strings.Repeat("[", c.n) + strings.Repeat("]", c.n))
		end := Skip(b, 0, c.depth)
		require.Equal(t, c.ok, end >= 0, c)
		b = []byte(strings.Repeat(`{"a":`, c.n) + "1" + strings.Repeat("}", c.n))
		end = Skip(b, 0, c.depth)
		require.Equal(t, c.ok, end >= 0, c)
		if !c.ok && c.depth == 0 {
			require.ErrorContains(t, Describe(b, ^end), "nests deeper than 1000")
		}
	}
}

func TestDescribe(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1`:     "ends too early",
		"\"a\x01\"":  "control byte 0x01",
		`"a\ud800x"`: `bad escape`,
		`{"a";1}`:    `unexpected ';' at byte 4`,
		"[\xff]":     "unexpected byte 0xFF at byte 1",
	} {
		end := Skip([]byte(in), 0, 0)
		require.Negative(t, end, in)
		require.ErrorContains(t, Describe([]byte(in), ^end), want)
	}
}

func TestDigitsOfEveryLength(t *testing.T) {
	for _, tail := range []string{"", ",", "x", "/", ":", ",         ", "\x00\xff\x80zzzzz"} {
		for n := range 20 {
			s := strings.Repeat("9075312468", 2)[:n]
			got, v := Digits([]byte(s+tail), 0)
			want := min(n, 8)
			if len(s+tail) < 8 {
				want = n
			}
			require.Equal(t, want, got, s+tail)
			x, _ := strconv.ParseUint("0"+s[:want], 10, 64)
			require.Equal(t, x, v, s+tail)
		}
	}
}

func TestKeysFollowSeveralOrders(t *testing.T) {
	names := []string{"a", "trade_id", "symbol", "a_key_longer_than_sixteen", "price", "fifteen_letters"}
	asked := 0
	ks := NewKeys(func(name []byte) (int32, bool) {
		asked++
		for i, n := range names {
			if n == string(name) {
				return int32(i), true
			}
		}
		return -1, false
	})
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		prev, seps := ks.Start, []string{`":`, `" :`, "\"\n:"}
		for _, f := range rnd.Perm(len(names)) {
			text := `"` + names[f] + seps[rnd.IntN(3)] + "1"
			id, at := ks.Next([]byte(text), 0, prev)
			require.Equal(t, int32(f), id.Field)
			require.True(t, id.Exact)
			require.Equal(t, len(text)-1, at)
			prev = id
		}
	}
	require.Equal(t, len(names), asked)
	id, at := ks.Next([]byte(`"pr\u0069ce":1`), 0, ks.Start)
	require.Equal(t, int32(4), id.Field)
	require.Equal(t, 13, at)
	for _, s := range []string{``, `"`, `"price`, `"price"`, `"price"1`, `price`, `"pri\zce":1`, "\"pri\x02ce\":1"} {
		_, at = ks.Next([]byte(s), 0, ks.Start)
		require.Negative(t, at, s)
	}
	// A name that only escapes can spell is not taken for text that looks like it.
	id, _ = ks.Next([]byte(`"a\"b":1`), 0, ks.Start)
	require.Equal(t, int32(-1), id.Field)
	_, at = ks.Next([]byte(`"a"b":1`), 0, ks.Start)
	require.Negative(t, at)
}

func TestKeysAreBounded(t *testing.T) {
	ks := NewKeys(func(name []byte) (int32, bool) { return int32(len(name)), true })
	for i := range 3 * maxKeys {
		text := `"` + strconv.Itoa(i) + `":`
		id, at := ks.Next([]byte(text), 0, ks.Start)
		require.Equal(t, len(text), at)
		require.Equal(t, int32(len(text)-3), id.Field)
	}
	require.LessOrEqual(t, len(ks.keys), maxKeys)
}

// FuzzSkip compares with encoding/json, which is as strict but for surrogates and UTF-8.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\n",null,true,{}]}`, `"\ud83d\ude00"`, `[[],{}]`, `-0.5E-7`, `{"é":"😀"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:len(b):len(b)]
		i := Blank(b, 0)
		end := Skip(b, i, 0)
		valid := end >= 0 && Blank(b, end) == len(b)
		if !utf8.Valid(b) {
			return
		}
		var v any
		err := json.Unmarshal(b, &v)
		if valid && err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
			t.Fatalf("accepted %q: %v", b, err)
		}
		if !valid && err == nil && !strings.Contains(strings.ToLower(string(b)), `\ud`) {
			t.Fatalf("refused %q", b)
		}
		if !valid {
			return
		}
		if s, ok := v.(string); ok {
			got, next := Unescape(nil, b, i)
			if string(got) != s || next != end {
				t.Fatalf("%q: %q, want %q", b, got, s)
			}
		}
		c := Compact(nil, b)
		if Skip(c, 0, 0) != len(c) {
			t.Fatalf("compact form %q of %q", c, b)
		}
	})
}

// Numbers of every length, with and without a fraction, end where they end,
// whatever stands behind them and however near the end of the buffer is.
func TestNumberEnds(t *testing.T) {
	const some = "12345678901234567890123456789"
	for whole := 1; whole < len(some); whole++ {
		for frac := -1; frac < 20; frac++ {
			number := some[:whole]
			if frac >= 0 {
				number += "." + some[:frac]
			}
			for _, after := range []string{"", ",", "}", "]", " ", "x", ",\"k\":1}", ",\"a long key that fills a word or two\":1}"} {
				want := len(number)
				if frac == 0 { // a digit must follow the point
					want = ^want
				}
				require.Equal(t, want, Number([]byte(number+after), 0), "%s%s", number, after)
			}
		}
	}
}
