package baseline

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pool keeps what the client library gives back, for its next fetch.
type pool struct {
	mu      sync.Mutex
	bytes   [][]byte
	records [][]kgo.Record
}

// GetDecompressBytes implements [kgo.PoolDecompressBytes].
func (p *pool) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.bytes); n > 0 {
		b := p.bytes[n-1]
		p.bytes = p.bytes[:n-1]
		return b
	}
	return make([]byte, 0, 4*len(compressed))
}

// PutDecompressBytes implements [kgo.PoolDecompressBytes].
func (p *pool) PutDecompressBytes(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes = append(p.bytes, b)
}

// GetRecords implements [kgo.PoolRecords].
func (p *pool) GetRecords(n int) []kgo.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := len(p.records); k > 0 {
		r := p.records[k-1]
		p.records = p.records[:k-1]
		return r
	}
	return make([]kgo.Record, 0, n)
}

// PutRecords implements [kgo.PoolRecords].
func (p *pool) PutRecords(r []kgo.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records = append(p.records, r)
}
