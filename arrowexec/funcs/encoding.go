package funcs

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

const (
	errHex    = unreadable("not hexadecimal: an even number of digits 0-9, a-f is needed")
	errBase64 = unreadable("not base64")
)

func encodingFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "MD5", Family: "String", Signature: "MD5(s)", Doc: "The MD5 digest of text or BYTES as hexadecimal text.",
			Example: "MD5('abc')", Result: "900150983cd24fb0d6963f7d28e17f72",
			Overloads: ofBytes(vec.TypeString, func(o *textOut, s []byte) error {
				d := md5.Sum(s)
				o.data = hex.AppendEncode(o.data, d[:])
				return nil
			}),
		},
		{
			Name: "SHA256", Family: "String", Signature: "SHA256(s)", Doc: "The SHA-256 digest of text or BYTES as hexadecimal text.",
			Example: "SHA256('abc')", Result: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			Overloads: ofBytes(vec.TypeString, func(o *textOut, s []byte) error {
				d := sha256.Sum256(s)
				o.data = hex.AppendEncode(o.data, d[:])
				return nil
			}),
		},
		{
			Name: "TO_HEX", Aliases: []string{"HEX"}, Family: "String", Signature: "TO_HEX(x)", Doc: "A BIGINT in base 16 (two's complement), or the bytes of text or BYTES; lower case.",
			Example: "TO_HEX(255)", Result: "ff",
			Overloads: append([]expr.Overload{on(is(vec.TypeString), hexInt, vec.Int64)}, ofBytes(vec.TypeString, func(o *textOut, s []byte) error {
				o.room(2 * len(s))
				o.data = hex.AppendEncode(o.data, s)
				return nil
			})...),
		},
		{
			Name: "FROM_HEX", Aliases: []string{"UNHEX"}, Family: "String", Signature: "FROM_HEX(s)", Doc: "The BYTES that hexadecimal text stands for.",
			Example: "TO_BASE64(FROM_HEX('616263'))", Result: "YWJj",
			Overloads: ofBytes(vec.TypeBinary, func(o *textOut, s []byte) (err error) {
				if o.data, err = hex.AppendDecode(o.data, s); err != nil {
					return errHex
				}
				return nil
			})[:1],
		},
		{
			Name: "TO_BASE64", Family: "String", Signature: "TO_BASE64(s)", Doc: "Text or BYTES in base64.",
			Example: "TO_BASE64('abc')", Result: "YWJj",
			Overloads: ofBytes(vec.TypeString, func(o *textOut, s []byte) error {
				o.room(base64.StdEncoding.EncodedLen(len(s)))
				o.data = base64.StdEncoding.AppendEncode(o.data, s)
				return nil
			}),
		},
		{
			Name: "FROM_BASE64", Family: "String", Signature: "FROM_BASE64(s)", Doc: "The BYTES that base64 text stands for.",
			Example: "TO_HEX(FROM_BASE64('YWJj'))", Result: "616263",
			Overloads: ofBytes(vec.TypeBinary, func(o *textOut, s []byte) (err error) {
				if o.data, err = base64.StdEncoding.AppendDecode(o.data, s); err != nil {
					return errBase64
				}
				return nil
			})[:1],
		},
	}
}

// ofBytes are the overloads for text and for BYTES.
func ofBytes(result arrow.DataType, f func(o *textOut, s []byte) error) []expr.Overload {
	kernel := func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a := textsOf(args[0])
		o := newText(c, t, a.bytesOf(c.Batch.N)+64*sel.Count(c.Batch.N))
		for i := range rows(c.Batch.N, sel) {
			if err := f(o, a.at(i)); err != nil {
				o.fail(i, err)
				continue
			}
			o.end(i)
		}
		return o.done()
	}
	return []expr.Overload{on(is(result), kernel, vec.String), on(is(result), kernel, vec.Binary)}
}

func hexInt(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	a := columnOf[int64](args[0])
	o := newText(c, t, 16*c.Batch.N)
	for i := range rows(c.Batch.N, sel) {
		o.data = strconv.AppendUint(o.data, uint64(a.at(i)), 16)
		o.end(i)
	}
	return o.done()
}
