// Package jsonscan holds the parts that everything reading JSON shares: strict
// scanning of one value over a byte slice, unescaping, and [Keys], which knows
// the key that comes next before it has read it.
//
// Read [Skip] first. Scanning functions take a buffer and the index of the first
// byte of what they read, and return the index behind it; a negative result r
// says that the byte at ^r broke the grammar, and [Describe] puts it in words.
// They read nothing beyond len(buf) and allocate nothing. UTF-8 is not theirs:
// a caller checks a whole record at once, which is cheaper.
//
// The package imports the standard library only, and golang.org/x/sys/cpu: where
// the processor can pack bytes, \" is unescaped 64 bytes at a time (quoted_amd64.s,
// with the portable way beside it as its oracle).
package jsonscan
