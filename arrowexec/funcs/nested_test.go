package funcs

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/vec"
)

func TestJSON(t *testing.T) {
	verifyAll(t, `
		JSON_VALUE('{"a":"x\u00e9\"\ud83d\ude00\ud83d"}', '$.a') => xé"😀�
		JSON_VALUE('{"a":1,"a":2}', '$.a') => 2
		JSON_VALUE('{"\u0061":1}', '$.a') => 1
		JSON_VALUE('{"a":{"b":1}}', '$.a') => NULL
		JSON_VALUE('{"a":null}', '$.a') => NULL
		JSON_VALUE('{"a":true}', '$.a') => true
		JSON_VALUE('{"a":1.50e3}', '$.a') => 1.50e3
		JSON_VALUE('{"a.b":1}', '$[''a.b'']') => 1
		JSON_VALUE('{"a":[1]}', '$.a[*]') => NULL
		JSON_VALUE('{"a":[1]}', '$.a[1]') => NULL
		JSON_VALUE('"s"', '$') => s
		JSON_VALUE('{"a":1', '$.a') => NULL
		JSON_VALUE('{"a":01}', '$.a') => NULL
		JSON_VALUE('{"a":1,}', '$.a') => NULL
		JSON_VALUE('{"a":"\x"}', '$.a') => NULL
		JSON_VALUE('', '$.a') => NULL
		JSON_VALUE(NULL, '$.a') => NULL
		JSON_VALUE('{}', NULL) => NULL
		JSON_VALUE('{}', 'a') => statement: must start with $
		JSON_VALUE('{}', '$.') => statement: bad JSON path
		JSON_VALUE('{}', '$..') => statement: bad JSON path
		JSON_VALUE('{}', '$[-1]') => statement: bad JSON path
		JSON_VALUE('{}', '$[1') => statement: missing
		JSON_VALUE('{}', '$[''a') => statement: closing quote
		JSON_VALUE('{}', '$a') => statement: step starts
		JSON_VALUE(MAP['k', 5], '$.k') => 5
		JSON_VALUE(INTS '[7,8]', '$[1]') => 8
		JSON_EXTRACT('{"a": [1, {"b": "x y"}]}', '$.a') => [1,{"b":"x y"}]
		JSON_EXTRACT('{"a": null}', '$.a') => null
		JSON_EXTRACT('{"a": "x"}', '$.a') => "x"
		JSON_EXTRACT('{"a":{"x":1,"y":2,"x":3}}', '$.a.*') => [3,2]
		JSON_EXTRACT('{"a":{"c":1,"d":{"c":[2]}}}', '$..c') => [1,[2]]
		JSON_EXTRACT('[[1,2],[3]]', '$[*][0]') => [1,3]
		JSON_EXTRACT('{"a":1}', '$.b.*') => NULL
		JSON_EXTRACT('[1,2]', '$..[1]') => [2]
		JSON_QUERY('{"a": 1}', '$.a') => NULL
		JSON_QUERY(' [ 1 , 2 ] ') => [1,2]
		JSON_QUERY('{"a":1}', '$.*') => [1]
		JSON_EXISTS('{"a":1}', '$.b') => false
		JSON_EXISTS('{"a":', '$.b') => NULL
		JSON_EXISTS('{"a":{"b":0}}', '$..b') => true
		JSON_LENGTH('{"a":1,"b":2,"a":3}') => 2
		JSON_LENGTH('"abc"') => 1
		JSON_LENGTH('null') => NULL
		JSON_LENGTH('[]') => 0
		JSON_LENGTH('{"a":[1,2,3]}', '$.a') => 3
		JSON_LENGTH('{"a":[1,2,3]}', '$.b') => NULL
		JSON_KEYS('{"b":1,"a":2,"b":3}') => ["b","a"]
		JSON_KEYS('[1]') => NULL
		JSON_KEYS('{}') => []
		JSON_KEYS('{"a":{"x":1}}', '$.a') => ["x"]
		PARSE_JSON('[1, 2') => NULL
		PARSE_JSON('  12.0 ') => 12.0
		PARSE_JSON('{"b" : 1, "a" : {} , "b" : [ ] }') => {"b":[],"a":{}}
		TO_JSON('a"b') => "a\"b"
		TO_JSON(1.50) => 1.50
		TO_JSON(NULL) => NULL
		TO_JSON(DATE '2024-01-01') => "2024-01-01"
		TO_JSON(MAP['a', 1]) => {"a":1}
		TO_JSON(STRUCT '{"a":1,"b":"x"}') => {"a":1,"b":"x"}
		JSON_OBJECT() => {}
		JSON_OBJECT('a', 1, 'b', ARRAY[1, 2], 'a', 3) => {"a":3,"b":[1,2]}
		JSON_OBJECT(NULL, 1) => expression: must not be NULL
		JSON_OBJECT('a') => statement: no value
		JSON_OBJECT(1, 2) => statement: must be STRING
		JSON_ARRAY() => []
		JSON_ARRAY('a', TRUE, MAP['x', 1]) => ["a",true,{"x":1}]
	`)
}

func TestArraysAndMaps(t *testing.T) {
	verifyAll(t, `
		ARRAY_LENGTH(INTS '[]') => 0
		CARDINALITY(MAP['a', 1, 'b', 2]) => 2
		ARRAY_LENGTH(NULL) => NULL
		ARRAY_CONTAINS(ARRAY[1, NULL], 2) => NULL
		ARRAY_CONTAINS(ARRAY[1, NULL], 1) => true
		ARRAY_CONTAINS(INTS '[1,2]', 3) => false
		ARRAY_CONTAINS(INTS '[1,2]', 2.0) => true
		ARRAY_CONTAINS(DECIMALS '[1.5,2]', DOUBLE '1.5') => true
		ARRAY_CONTAINS(DECIMALS '[1.5,2]', 2) => true
		ARRAY_CONTAINS(ARRAY['a'], 1) => statement: cannot hold
		ARRAY_CONTAINS(INTS '[1]', NULL) => NULL
		ARRAY_CONTAINS(INTS '[1]', 'x') => statement: cannot hold
		ARRAY_CONTAINS(ARRAY[DATE '2024-02-29'], '2024-02-29') => true
		ARRAY_CONTAINS(ARRAY[DATE '2024-02-29'], TIMESTAMP '2024-02-29') => true
		ELEMENT_AT(MAP[DATE '2024-02-29', 7], '2024-02-29') => 7
		ELEMENT_AT(MAP['a', 1], NULL) => NULL
		ARRAY_DISTINCT(ARRAY['a', NULL, 'a', NULL, 'b']) => ["a",null,"b"]
		ARRAY_DISTINCT(INTS '[]') => []
		ARRAY_SORT(DOUBLES '[3,"NaN",1]') => [1,3,"NaN"]
		ARRAY_SORT(ARRAY['b', NULL, 'a']) => ["a","b",null]
		ARRAY_MAX(ARRAY['a', NULL, 'c']) => c
		ARRAY_MIN(DECIMALS '[2.50,1]') => 1.00
		ARRAY_MIN(INTS '[]') => NULL
		ARRAY_SUM(INTS '[9223372036854775807,1,-1]') => 9223372036854775807
		ARRAY_SUM(INTS '[9223372036854775807,1]') => overflow: BIGINT
		ARRAY_SUM(INTS '[null]') => NULL
		ARRAY_SUM(DECIMALS '[1.25,2]') => 3.25
		ARRAY_SUM(DOUBLES '[0.5,1]') => 1.5
		ARRAY_SUM(ARRAY['a']) => statement: numbers
		ELEMENT_AT(ARRAY[1, 2, 3], 1) => 1
		ELEMENT_AT(ARRAY[1, 2, 3], -3) => 1
		ELEMENT_AT(ARRAY[1, 2, 3], 0) => NULL
		ELEMENT_AT(ARRAY[1, 2, 3], 4) => NULL
		ELEMENT_AT(ARRAY[1, NULL], 2) => NULL
		ELEMENT_AT(MAP['a', 1, 'b', 2], 'b') => 2
		ELEMENT_AT(MAP['a', 1], 'z') => NULL
		ELEMENT_AT(MAP['a', 1], 5) => statement: keys of the MAP
		MAP_KEYS(NULL) => NULL
		ELEMENT_AT(MAP_VALUES(MAP['a', 1, 'b', 2]), 2) => 2
	`)
}

func TestHeaders(t *testing.T) {
	verifyAll(t, `
		HEADER('source') => web
		HEADER('trace') => NULL
		HEADER('none') => NULL
		HEADER(NULL) => NULL
		HAS_HEADER('trace') => true
		HAS_HEADER('none') => false
		HAS_HEADER(NULL) => NULL
		SET_HEADER('a', NULL) => NULL
		SET_HEADER(NULL, 1) => expression: must not be NULL
		SET_HEADER('a', X'xyz') => xyz
		REMOVE_HEADER('none') => NULL
		REMOVE_HEADER(NULL) => expression: must not be NULL
	`)
	_, _, edits, err := run("SET_HEADER('k', 1.50)", 0, 3, nil, vec.Sel{0, 2})
	require.NoError(t, err)
	require.Len(t, edits, 2)
	require.Equal(t, int32(2), edits[1].Row)
	require.Equal(t, "k", string(edits[1].Key))
	require.Equal(t, "1.50", string(edits[1].Value))
	_, _, edits, err = run("SET_HEADER('k', NULL)", 0, 1, nil, nil)
	require.NoError(t, err)
	require.Len(t, edits, 1)
	require.Nil(t, edits[0].Value)
	_, _, edits, err = run("SET_HEADER('k', '')", 0, 1, nil, nil)
	require.NoError(t, err)
	require.NotNil(t, edits[0].Value)
	_, _, edits, err = run("REMOVE_HEADER('source')", 0, 1, nil, nil)
	require.NoError(t, err)
	require.Len(t, edits, 1)
	require.True(t, edits[0].Remove)
	_, _, edits, err = run("SET_HEADER(NULL, 1)", 0, 1, nil, nil)
	require.NoError(t, err)
	require.Empty(t, edits)
}
