package arrowipc

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// checkRecord looks at what Arrow's own reader made, which believes what it reads: every
// array has the values that it is said to have.
func checkRecord(rec arrow.Record) error {
	for i, c := range rec.Columns() {
		if err := checkData(c.Data()); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func checkData(d arrow.ArrayData) error {
	rows := int64(d.Offset() + d.Len())
	if d.Len() < 0 || rows > most {
		return fmt.Errorf("it has %d rows", d.Len())
	}
	buffer := func(i int) []byte {
		if b := d.Buffers(); i < len(b) && b[i] != nil {
			return b[i].Bytes()
		}
		return nil
	}
	need := func(i int, size int64) error {
		if n := int64(len(buffer(i))); n < size {
			return fmt.Errorf("a buffer has %d bytes, and %d are needed", n, size)
		}
		return nil
	}
	if n := int64(len(buffer(0))); n > 0 && d.NullN() != 0 {
		if err := need(0, bitutil.BytesForBits(rows)); err != nil {
			return err
		}
	}
	children := d.Children()
	for i := range children { // a list has as many elements as its places say
		if err := checkData(children[i]); err != nil {
			return err
		}
	}
	switch t := d.DataType().(type) {
	case *arrow.NullType:
		return nil
	case *arrow.DictionaryType:
		if err := need(1, rows*int64(t.IndexType.(arrow.FixedWidthDataType).BitWidth()/8)); err != nil {
			return err
		}
		return checkData(d.Dictionary())
	case *arrow.StringType, *arrow.BinaryType:
		return checkPlaces(buffer(1), rows, 4, len(buffer(2)))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return checkPlaces(buffer(1), rows, 8, len(buffer(2)))
	case *arrow.ListType, *arrow.MapType:
		return checkPlaces(buffer(1), rows, 4, children[0].Len())
	case *arrow.LargeListType:
		return checkPlaces(buffer(1), rows, 8, children[0].Len())
	case *arrow.StringViewType, *arrow.BinaryViewType:
		if err := need(1, rows*int64(arrow.ViewHeaderSizeBytes)); err != nil || rows == 0 {
			return err
		}
		return checkViews(arrow.ViewHeaderTraits.CastFromBytes(buffer(1))[:rows], func(i int32) int {
			return len(buffer(2 + int(i)))
		})
	case *arrow.FixedSizeListType:
		if n := rows * int64(t.Len()); t.Len() < 0 || rows > most/max(int64(t.Len()), 1) || n > int64(children[0].Len()) {
			return fmt.Errorf("it has %d rows where %d are needed", children[0].Len(), n)
		}
	case *arrow.StructType:
		for i, c := range children {
			if int64(c.Len()) < rows {
				return fmt.Errorf("field %q: it has %d rows where %d are needed", t.Field(i).Name, c.Len(), rows)
			}
		}
	case arrow.FixedWidthDataType:
		if w := int64(t.BitWidth()); w < 0 || rows > 64*most/max(w, 1) {
			return errLayout
		}
		return need(1, (rows*int64(t.BitWidth())+7)/8)
	}
	return nil
}

// checkPlaces checks the places of so many rows, each w bytes wide, in limit values.
func checkPlaces(b []byte, rows int64, w, limit int) error {
	if rows == 0 {
		return nil
	}
	size := (rows + 1) * int64(w)
	if int64(len(b)) < size {
		return fmt.Errorf("a buffer has %d bytes, and %d are needed", len(b), size)
	}
	_, err := ascending(b[:size], w, int64(limit))
	return err
}

// checkViews checks texts that stand in buffers of those lengths.
func checkViews(views []arrow.ViewHeader, size func(i int32) int) error {
	for i := range views {
		v := &views[i]
		if v.Len() < 0 {
			return fmt.Errorf("the text of row %d has %d bytes", i, v.Len())
		}
		if v.IsInline() {
			continue
		}
		if k, at := v.BufferIndex(), v.BufferOffset(); k < 0 || at < 0 || int(at)+v.Len() > size(k) {
			return fmt.Errorf("the text of row %d is from byte %d to %d of buffer %d", i, at, int(at)+v.Len(), k)
		}
	}
	return nil
}
