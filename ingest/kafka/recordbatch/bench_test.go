package recordbatch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// trades is a partition's answer of about a MiB unpacked: JSON of 174 bytes, in
// batches of so many records.
func trades(p packer, records int) (log []byte, n int) {
	r := rand.New(rand.NewPCG(7, 7))
	for n < 4000 {
		b := batch{base: int64(n), attributes: p.codec, lastDelta: int32(records - 1), first: 1700000000000}
		for i := range records {
			v := fmt.Appendf(nil, `{"trade_id":%d,"symbol":"SYM%03d","price":%.4f,"quantity":%d,"side":"BUY","trader":"trader-%04d","timestamp":%d,"event_time":"2023-11-14T22:13:%02d.123Z"}`,
				1000000+n+i, r.IntN(500), r.Float64()*1000, r.IntN(1000), r.IntN(2000), 1700000000000+n+i, i%60)
			b.records = append(b.records, record{delta: int32(i), time: int64(i), value: v})
		}
		log = append(log, b.encode(p.pack)...)
		n += records
	}
	return log, n
}

func BenchmarkFill(b *testing.B) {
	for _, records := range []int{75, 1000} {
		for _, i := range []int{0, 1, 2, 6, 7} {
			log, n := trades(packers[i], records)
			b.Run(fmt.Sprintf("%s/%d", packers[i].name, records), func(b *testing.B) {
				var d Decoder
				defer d.Close()
				var blk Block
				b.ReportAllocs()
				for b.Loop() {
					c := NewChunk(log, 0, nil)
					for more := true; more; {
						blk.Reset()
						var err error
						if _, more, err = d.Fill(&blk, c); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rec")
			})
		}
	}
}

// BenchmarkClient is the client library over the same bytes, with pools of records
// and buffers as it advises.
func BenchmarkClient(b *testing.B) {
	for _, records := range []int{75, 1000} {
		for _, i := range []int{0, 1, 2, 6, 7} {
			log, n := trades(packers[i], records)
			b.Run(fmt.Sprintf("%s/%d", packers[i].name, records), func(b *testing.B) {
				p := &pool{}
				dec := kgo.DefaultDecompressor(p)
				rp := kmsg.NewFetchResponseTopicPartition()
				b.ReportAllocs()
				for b.Loop() {
					rp.RecordBatches = log
					fp, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "t", Pools: []kgo.Pool{p}}, &rp, dec, nil)
					if len(fp.Records) != n {
						b.Fatal(len(fp.Records), fp.Err)
					}
					for _, r := range fp.Records {
						r.Recycle()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/rec")
			})
		}
	}
}

// pool keeps what the client library gives back.
type pool struct {
	bytes   [][]byte
	records [][]kgo.Record
}

func (p *pool) GetDecompressBytes([]byte, kgo.CompressionCodecType) []byte {
	if n := len(p.bytes); n > 0 {
		x := p.bytes[n-1]
		p.bytes = p.bytes[:n-1]
		return x
	}
	return bytes.NewBuffer(make([]byte, 0, 1<<16)).Bytes()
}
func (p *pool) PutDecompressBytes(x []byte) { p.bytes = append(p.bytes, x) }
func (p *pool) GetRecords(n int) []kgo.Record {
	if k := len(p.records); k > 0 {
		x := p.records[k-1]
		p.records = p.records[:k-1]
		return x
	}
	return make([]kgo.Record, 0, n)
}
func (p *pool) PutRecords(x []kgo.Record) { p.records = append(p.records, x) }
