package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// line makes a line of one of several programs, now and then with something odd.
func line(r *rand.Rand) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	odd := func(usual string, others ...string) string {
		if r.IntN(12) == 0 {
			return pick(others...)
		}
		return usual
	}
	topic := odd(`"o"`, `"p"`, `"\u006f"`, `"`, `1`, `""`)
	partition := odd(fmt.Sprint(r.IntN(3)), "10", "12", "100", "-1", "01", "2147483648", "1.0", "x", "1 ", `"1"`)
	offset := odd(fmt.Sprint(r.IntN(1000)), "123456789012", "12345678901234567", "0", "00", "-5", "1e3", "null")
	ts := odd(fmt.Sprint(1700000000000+r.IntN(1000)), "null", "-1", "5", "12345678", "1.5")
	key := odd(`"k1"`, "null", `"a\"b"`, `"é"`, `{"x":[1,2]}`, "12", "\"\x01\"")
	payload := odd(`"{\"a\":1,\"b\":\"text that is long enough to fill a register of 64 bytes\"}"`, "null", `{"a":1}`, `"\n\\x"`, `"open`, `"\ud800"`, "7", "\"\xff\"")
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf(`{"topic":%s, "offset":%s,"partition":%s,"payload":%s}`, topic, offset, partition, payload)
	case 1:
		return fmt.Sprintf(`{"partition":%s,"topic":%s,"offset":%s,"tstype":%s,"ts":%s,"key":%s,"payload":%s}`, partition, topic, offset, pick(`"create"`, `"unknown"`), ts, key, payload)
	case 2:
		return fmt.Sprintf(`{"topic":%s,"partition":%s,"offset":%s,"headers":%s,"key_base64":%s,"payload_base64":%s}`, topic, partition, offset, pick(`["h","v"]`, "null", "[1", "[]"), pick(`"YQ=="`, `"?"`, "null"), pick(`"eyJhIjoxfQ=="`, "null"))
	case 3:
		return fmt.Sprintf(`{"topic":%s,"partition":%s,"partition":1,"offset":%s,"ts":%s,"ts":9,"payload":%s}`, topic, partition, offset, ts, payload)
	}
	return fmt.Sprintf(`{"topic":%s,"partition":%s,"offset":%s,"tstype":%s,"ts":%s,"broker":%s,"key":%s,"payload":%s}%s`,
		topic, partition, offset, odd(`"create"`, `"unknown"`), ts, odd("1", "22", "x"), key, payload, odd("", " ", "}", "x"))
}

// TestShapes reads each line with a scanner that has seen the lines before and with
// one that has seen nothing, which reads key by key.
func TestShapes(t *testing.T) {
	pool := vec.NewPool(nil, false)
	for only, want := range map[string]Want{"": All, "o": {Partition: true}} {
		r := rand.New(rand.NewPCG(7, 7))
		used := NewScanner(want, only)
		counts, counted := Counts{Topic: only}, Counts{Topic: only}
		alike := 0
		for range 40_000 {
			text := []byte(line(r))
			sc := pool.Open()
			read := func(s *Scanner) (Records, string) {
				var recs Records
				recs.Reset(sc)
				bad := ""
				_, err := s.Scan(text, 0, true, 1, &recs, func(b Bad) error {
					bad = fmt.Sprint(b.Topic, b.Partition, b.Cause)
					return nil
				})
				require.NoError(t, err)
				recs.Scope, recs.arena = nil, nil
				return recs, bad
			}
			got, bad := read(used)
			if !used.keyed {
				alike++
			}
			one, worse := read(NewScanner(want, only))
			require.Equal(t, worse, bad, "%s", text)
			require.Equal(t, one, got, "%s", text)
			sc.Close()
			counts.Add(append(text, '\n'), true)
			line := Counts{Topic: only}
			line.Add(text, true)
			for _, p := range line.Partitions {
				counted.count([]byte(p.Topic), p.Partition)
			}
		}
		require.Equal(t, counted.Partitions, counts.Partitions)
		require.NotEmpty(t, counts.Partitions)
		require.Greater(t, alike, 3_000)
	}
}

// TestShapesOfOneProgram holds that nearly all lines of one program go the quick way.
func TestShapesOfOneProgram(t *testing.T) {
	pool := vec.NewPool(nil, true)
	sc := pool.Open()
	defer sc.Close()
	var text bytes.Buffer
	for i := range 1000 {
		payload := fmt.Sprintf(`"{\"a\":%d}"`, i)
		if i%10 == 0 {
			payload = "null"
		}
		fmt.Fprintf(&text, `{"topic":"o","partition":%d,"offset":%d,"tstype":"create","ts":%d,"key":"k%d","payload":%s}`+"\n", i%7, i, 1700000000000+i, i, payload)
	}
	var recs Records
	recs.Reset(sc)
	s := NewScanner(All, "")
	_, err := s.Scan(text.Bytes(), 0, true, 2000, &recs, func(b Bad) error { return b.Cause })
	require.NoError(t, err)
	require.Len(t, recs.Payloads, 1000)
	require.Equal(t, int32(5), recs.Partitions[5])
	require.Equal(t, int64(999), recs.Offsets[999])
	require.Nil(t, recs.Payloads[990])
	require.Zero(t, s.misses, "all but the first had its shape")
	require.False(t, s.keyed)
	var c Counts
	require.Equal(t, text.Len(), c.Add(text.Bytes(), true))
	require.Len(t, c.Partitions, 7)
	require.Equal(t, arrowexec.PartitionInfo{Topic: "o", Partition: 6, Records: 142}, c.Partitions[6])
	require.True(t, strings.HasSuffix(string(c.prefix), `"partition":`))
}
