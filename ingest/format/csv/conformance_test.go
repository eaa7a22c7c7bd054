package csv

import (
	"testing"

	"github.com/velostream/velo/ingest/ingesttest"
)

func TestConformance(t *testing.T) {
	for _, props := range []map[string]string{nil, {"csv.delimiter": ";", "csv.quote": "'"}, {"csv.null": "null"}} {
		ingesttest.Format(t, Format(), props, ingesttest.Scalars(), ingesttest.Fill)
	}
	ingesttest.Format(t, TSV(), nil, ingesttest.Scalars(), ingesttest.Fill)
}
