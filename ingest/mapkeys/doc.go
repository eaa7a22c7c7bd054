// Package mapkeys finds the keys of a MAP that occur again later in it: of those
// the last one wins, whatever the format.
//
// Read [Keys]. It holds copies of the keys, in memory that it keeps for the next
// record. It imports nothing of velo.
package mapkeys
