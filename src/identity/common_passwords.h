/*
 * identity/common_passwords.h
 *		Passwords that everybody tries first, in lower case.
 *
 * They head the lists that are published after each large breach.  Those of
 * less than eight characters matter where password_min_length is lowered.
 */
#ifndef MT_COMMON_PASSWORDS_H
#define MT_COMMON_PASSWORDS_H

static const char *const common_passwords[] = {
	"000000", "00000000", "0000000000", "0123456789", "0987654321", "10203040", "111111", "1111111",
	"11111111", "111111111", "1111111111", "11112222", "11223344", "112233445566", "121212",
	"12121212", "123", "123123", "123123123", "12312312", "123321", "1234", "12341234", "12344321",
	"12345", "1234554321", "123456", "1234567", "12345678", "123456789", "1234567890",
	"12345678910", "123456789a", "12345678a", "123456a", "123456abc", "1234abcd", "1234qwer",
	"123654", "123654789", "123abc", "123qwe", "123qweasd", "12qwaszx", "131313", "13131313",
	"147258", "147258369", "147852369", "159357", "159753", "19841984", "1q2w3e",
	"1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx", "1qaz2wsx3edc", "1qazxsw2", "20202020",
	"22222222", "31415926", "33333333", "44444444", "55555555", "654321", "66666666", "666666",
	"77777777", "7777777", "789456123", "87654321", "88888888", "888888", "963852741", "987654321",
	"9876543210", "99999999", "999999999", "a1234567", "a12345678", "a123456789", "a1b2c3d4",
	"aa123456", "aa12345678", "aaaaaa", "aaaaaaaa", "abc123", "abc12345", "abc123456", "abcd1234",
	"abcdef", "abcdefg", "abcdefgh", "abcdefghi", "access", "admin", "admin123", "admin1234",
	"admin12345", "administrator", "alexander", "amanda", "andrea", "angel123", "anthony",
	"asd123456", "asdasdasd", "asdf1234", "asdfasdf", "asdfgh", "asdfghjk", "asdfghjkl", "ashley",
	"babygirl", "bailey", "barcelona", "baseball", "basketball", "batman", "benjamin", "blink182",
	"butterfly", "buster", "bismillah", "caroline", "changeme", "changeme123", "charlie",
	"charlie1", "charlotte", "cheese", "chelsea", "chocolate", "christian", "christopher",
	"computer", "cookie", "corvette", "creative", "daniel", "danielle", "default1", "diamond",
	"dragon", "dragon123", "elephant", "elizabeth", "facebook", "flower", "football", "football1",
	"forever1", "freedom", "fuckyou", "fuckyou1", "gabriel", "george", "ginger", "google123",
	"harley", "hello123", "hellohello", "hockey", "hottie", "hunter", "hunter2", "iloveyou",
	"iloveyou1", "iloveyou2", "iloveyou!", "internet", "isabella", "jennifer", "jessica", "jesus123",
	"jonathan", "jordan", "jordan23", "joshua", "justin", "killer", "letmein", "letmein1",
	"letmein123", "liverpool", "liverpool1", "lovely", "loveme", "login123", "maggie", "manchester",
	"marseille", "master", "master123", "matrix", "matthew", "mercedes", "metallica", "michael",
	"michael1", "michelle", "minecraft", "monkey", "monkey123", "mustang", "mypassword", "myspace1",
	"naruto", "nicholas", "nicole", "ninja123", "nothing1", "p@$$w0rd", "p@ssw0rd", "p@ssword",
	"p@ssw0rd1", "pa$$w0rd", "pass1234", "passpass", "passw0rd", "passw0rd1", "password",
	"password!", "password0", "password01", "password1", "password1!", "password10", "password11",
	"password12", "password123", "password123!", "password1234", "password12345", "password2",
	"password3", "password4", "password5", "password7", "password8", "password9", "password99",
	"passwort", "passwort1", "patricia", "pokemon", "pokemon1", "pepper", "princess", "princess1",
	"q1w2e3r4", "q1w2e3r4t5", "q1w2e3r4t5y6", "qaz123456", "qazwsx", "qazwsx123", "qazwsxedc",
	"qq123456", "qwaszx", "qwe123456", "qweasdzxc", "qweqwe", "qweqweqwe", "qwer1234", "qwert123",
	"qwerty", "qwerty1", "qwerty12", "qwerty123", "qwerty1234", "qwerty12345", "qwerty123456",
	"qwertyui", "qwertyuiop", "qwertz123", "qwertzuiop", "rainbow", "realmadrid", "rockstar",
	"rush2112", "samantha", "samsung", "samsung1", "secret", "secret123", "scooter", "shadow",
	"shadow123", "slipknot", "snoopy", "snowball", "soccer", "sophie", "spiderman", "spongebob",
	"startrek", "starwars", "starwars1", "stephanie", "summer", "sunshine", "sunshine1", "superman",
	"superman1", "superstar", "swordfish", "taylor", "tennis", "test1234", "test12345", "testing123",
	"testtest", "thomas", "thunder", "tigger", "trustno1", "trustnoone", "victoria", "virginia",
	"welcome", "welcome1", "welcome1!", "welcome123", "welcome2", "whatever", "whatever1",
	"william", "william1", "winter", "yellow", "zaq12wsx", "zaq1zaq1", "zxcvbn",
	"zxcvbnm", "zxcvbnm1", "zxcvbnm123", "zzzzzzzz",
};

#endif /* MT_COMMON_PASSWORDS_H */
