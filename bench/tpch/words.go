package tpch

import (
	"math/rand/v2"
	"strings"
)

var (
	regions = []string{"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"}
	nations = []struct {
		name   string
		region int64
	}{{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3}, {"GERMANY", 3}, {"INDIA", 2},
		{"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0}, {"MOROCCO", 0}, {"MOZAMBIQUE", 0}, {"PERU", 1},
		{"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4}, {"VIETNAM", 2}, {"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1}}
	colours = strings.Fields("almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse chiffon " +
		"chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey " +
		"honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo " +
		"navy olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate " +
		"smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow")
	typeOne    = []string{"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"}
	typeTwo    = []string{"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"}
	typeThree  = []string{"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"}
	boxOne     = []string{"SM", "LG", "MED", "JUMBO", "WRAP"}
	boxTwo     = []string{"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"}
	segments   = []string{"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"}
	priorities = []string{"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"}
	instructs  = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	modes      = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB", "AIR REG"}
	lorem      = strings.Fields("packages deposits accounts theodolites foxes pinto beans instructions dependencies excuses platelets asymptotes courts " +
		"dolphins multipliers sauternes warhorses frets dinos attainments somas Tiresias patterns forges braids hockey players frays warthogs special " +
		"sleep wake are cajole haggle nag use boost affix detect integrate furiously slyly carefully quickly fluffily blithely final regular express " +
		"unusual ironic even bold silent pending about above according to across after against requests")
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// comment is a text of so many words.
func comment(r *rand.Rand, least, most int) string {
	var sb strings.Builder
	for i := range least + r.IntN(most-least+1) {
		if i > 0 {
			sb.WriteByte(' ')
		}
		sb.WriteString(pick(r, lorem))
	}
	return sb.String()
}

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, "

// address is a text of 10 to 40 characters.
func address(r *rand.Rand) string {
	b := make([]byte, 10+r.IntN(31))
	for i := range b {
		b[i] = letters[r.IntN(len(letters)-2)]
	}
	return string(b)
}
