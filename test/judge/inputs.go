package main

// paths are module paths, import paths and file paths, good and bad, as they are and as they are escaped.
var paths = []string{
	"", "/", "//", ".", "..", "a", "a.b", "v2", "/v2", "a.b/v2", "x.y/z", "x.y/v", "foo", "std", "go",
	"example.com/x", "github.com/Azure/go-autorest", "x.y/~u/z", "example.com/-x", "example.com/a_b",
	"127.0.0.1/x", "[::1]/x", "internal.host/x", "Example.com/x", "EXAMPLE.COM/x", "-example.com/x", "--help", "-x/z",
	"example.com:8080/x", "example.com/x@y", "example.com/a b", "example.com/a+b", "example.com/a%b",
	"example.com/a%2fb", "example.com/é", "example.com/испытание", "example.com/日本", "example.com/x☺y", "exämple.com/x",
	"example.com//x", "/example.com/x", "example.com/x/", "example.com/.git", "example.com/x.", "example.com/x./y",
	"example.com/..", "example.com/../x", "example.com/./x", "example.com/...", "localhost./x", "localhost/x", ".x/z", "x..y/z",
	"example.com/con", "example.com/CON", "example.com/Con.txt", "example.com/aux.txt", "example.com/prn", "example.com/prn2",
	"example.com/nul.", "example.com/com", "example.com/com0", "example.com/com1", "example.com/com9.x.y", "example.com/lpt9",
	"example.com/lpt10", "example.com/a.con", "con.example/x", "aux/x", "example.com/ſcon", "example.com/\u212aon",
	"example.com/foo~1", "example.com/foo~12.txt", "example.com/foo~x", "example.com/foo~", "example.com/~1", "example.com/a~1b~2",
	"example.com/a.foo~1", "example.com/foo~٣", "fo~1.com/x",
	"example.com/m/v0", "example.com/m/v1", "example.com/m/v2", "example.com/m/v10", "example.com/m/v02", "example.com/m/v1.2",
	"example.com/m/v2.", "example.com/m/v.2", "example.com/m/v", "example.com/m/v2x", "example.com/m/V2", "example.com/mv2",
	"example.com/v2/m", "example.com/v1/m", "example.com/m/v99999999999999999999", "example.com/m.v2", "example.com/2",
	"gopkg.in", "gopkg.in/", "gopkg.in/yaml", "gopkg.in/yaml.v0", "gopkg.in/yaml.v1", "gopkg.in/yaml.v2", "gopkg.in/yaml.v02",
	"gopkg.in/yaml.v00", "gopkg.in/yaml.v", "gopkg.in/yaml.v-unstable", "gopkg.in/yaml.v2-unstable", "gopkg.in/yaml.v0-unstable",
	"gopkg.in/yaml.v2-unstable-unstable", "gopkg.in/user/pkg.v3", "gopkg.in/yaml/v2", "gopkg.in/yaml.v2/sub", "gopkg.in/.v1",
	"gopkg.in/yaml.V2", "gopkg.in/v2", "gopkg.info/yaml",
	"github.com/!azure/go-autorest", "github.com/!Azure", "github.com/!!azure", "github.com/azure!", "github.com/!1x", "github.com/!",
	"github.com/a!!b", "!github.com/x", "!x.y/z", "github.com/!é", "github.com/!google!cloud!platform/omega",
	"example.com/\x00", "example.com/a\nb", "example.com/a\tb", "example.com/\x1b[31m", "example.com/\u202ex", "example.com/\ufffd",
	"example.com/\U0001f600", "example.com/a\u0301", "example.com/\u00a0", "example.com/\ufeff",
	`example.com\x`, `\temp\foo`, "C:/x", "x:y", ".gitignore", ".github/ISSUE_TEMPLATE", "cmd/main.go", "a/b/c.go", "a b/c d.txt",
	"golang.org/toolchain", "example.com/'", `example.com/"`, "example.com/`x`", "example.com/(x)", "(", "x.y/a,b", "x//y", "x/*y", "a'b",
}

// versions are semantic versions, revisions and what else may stand after an @, as they are and as they are escaped.
var versions = []string{
	"", "v", "v0", "v1", "v1.2", "v1.2.3", "v0.0.0", "v2.0.0", "v2.3.4", "v10.0.0", "v01.0.0", "v1.00.0", "v1.0.00", "v1.0.", "v1..0", "v1.0.0.0",
	"1.0.0", "V1.0.0", "vv1.0.0", "v-1.0.0", "v1.0.0 ", " v1.0.0", "v1.0.0\n", "v1.0.0-", "v1.0.0+", "v1.0.0-+", "v1.0.0-a", "v1.0.0-a+", "v1.0.0+a-b",
	"v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0-RC1",
	"v1.0.0-0", "v1.0.0-00", "v1.0.0-01", "v1.0.0-0a", "v1.0.0-00a", "v1.0.0-1.01", "v1.0.0--", "v1.0.0-.", "v1.0.0-a..b", "v1.0.0-a.", "v1.0.0-.a", "v1.0.0-é",
	"v1.0.0+meta", "v1.0.0+001", "v1.0.0+a..b", "v1.0.0+a.b", "v1.0.0-pre+meta", "v1-pre", "v1.2-pre", "v1+meta", "v1.2+meta",
	"v2.0.0+incompatible", "v2.0.0-rc.1+incompatible", "v1.0.0+incompatible", "v0.1.0+incompatible", "v2+incompatible", "v2.0.0+incompatible.1", "v2.0.0+Incompatible",
	"v99999999999999999999.0.0", "v100000000000000000000.0.0", "v1.0.0-99999999999999999999", "v1.0.0-100000000000000000000",
	"v0.0.0-20190410190852-0123456789ab", "v1.0.0-20190410190852-0123456789ab", "v2.0.0-20190410190852-0123456789ab", "v1.2.4-0.20190410190852-0123456789ab",
	"v1.2.3-pre.0.20190410190852-0123456789ab", "v2.0.1-0.20190410190852-0123456789ab+incompatible", "v1.2.3-20190410190852-0123456789ab",
	"v0.0.0-2019041019085-0123456789ab", "v0.0.0-201904101908522-0123456789ab", "v0.0.0-20190410190852", "v0.0.0-20190410190852-", "v0.0.0-20190410190852-01234+meta",
	"v0.0.0-20190410190852-0123_", "v1.2.3-0.20190410190852-A", "v1.2.3-0.x.0.20190410190852-A", "v0.0-20190410190852-0123456789ab", "v00.0.0-20190410190852-0123456789ab", "v0.0.0-99999999999999-z",
	"v0.0.1-go1.23.4.linux-amd64", "v0.0.1-go1.21rc2.linux-amd64",
	"master", "main", "HEAD", "abcdef1", "0123456789abcdef0123456789abcdef01234567", "feature/x", "feature-x", "Feature", "release.1", "latest", "upgrade", "patch", "none",
	"-x", "--upload-pack=touch x", ".x", "..", ".", "...", "x.", "a:b", "a?b", "a*", "a|b", "a<b", "a>b", "a\"b", "a'b", "a`b", "a\\b", "a;b", "a!b", "!a", "!r!c1", "v1.0.0-!r!c1",
	"!", "!!", "!A", "!1", "a b", "a#b", "a$b", "a%b", "%2F", "a&b", "a(b)", "a+b", "a,b", "a=b", "a@b", "a[b]", "a^b", "a_b", "a{b}", "a~1", "con", "CON.x", "con-1", "lpt1", "aux.v1", "é", "日本",
	"\x00", "a\x7f", "a\nb", "v1.0.0/go.mod",
}

// compared are ordered with each other, every pair.
var compared = []string{
	"bad", "", "v0.0.0-20190410190852-0123456789ab", "v0.9.9", "v1-pre", "v1.0.0--", "v1.0.0-0", "v1.0.0-9", "v1.0.0-10", "v1.0.0-99999999999999999999", "v1.0.0-1a",
	"v1.0.0-A", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.1.0", "v1.0.0-alpha.beta", "v1.0.0-alpha-1", "v1.0.0-beta.2", "v1.0.0-beta.11",
	"v1", "v1.0", "v1.0.0", "v1.0.0+meta", "v1.2.0", "v1.10.0", "v2.0.0+incompatible", "v10.0.0", "v99999999999999999999.0.0",
}

// globs are matched with each of targets.
var globs = []string{
	"", ",", "/", "*", "**", "*,", ",x.y", "x.y", "x.y/", "x.y//", "x.y/z", "x.y/z/w/q", "*.y", "x.*", "*.*", "*/z", "x.y/*", "x.y/*/*", "*/*/*", "?.?", "x?y", "x.y/?",
	"[xa].y", "[a-z].y", "[^x].y", "[^a].y", "[^a-w].y", "[x", "[", "[]", "[]x].y", "[^]", "[^]x].y", "[x-", "[x-]", "[-x].y", "[a-].y", "[z-a].y", "[x][.]y", "[\\x].y", "[\\]x].y", "[a\\-z].y", "[*].y", "[?].y",
	"[[x].y", "x]y", "x.y]", `\x.y`, `\*.y`, `x\.y`, `x.y\`, `x.y/\[z\]`, "x.y/[^a]z", "x[^a]y/z", "x.y[/]z", "x.y[^a]z", "a,b,x.y", "a, x.y", " x.y", "x.y ", "x.y,[", "[,x.y", "[a,x].y",
	"é", "*é", "?", "??", "*?", "*??", "*???", "[é]", "[^é]", "[à-ü]", `\é`, "*[\ufffd]", "[日-本]*", "x.y/*z", "x.y/z*", "x.y/*z*", "*x*y*", "*a*b*c*d", "github.com/*/go-*", "*.corp.example.com",
	"git.example.com/*,*.internal", "*.example.com/private/*", "{x,y}.y", "[!x].y", "x.y/**/q", "[x/].y", "x[./]y",
}

var targets = []string{
	"", "/", "x.y", "x.y/", "x.y/z", "x.y/z/w", "x.y/z/w/q", "x.y/[z]", "a.y", "-.y", "].y", "*.y", "[.y", "x]y", "é", "日", "日本", "a.b.c.d", "github.com/Azure/go-autorest", "git.example.com/team/x",
	"a.corp.example.com/x", "corp.example.com", "host.internal", "b.example.com/private/x",
}

var tiles = []string{
	"tile/8/0/000", "tile/8/0/001", "tile/8/0/999", "tile/8/0/1000", "tile/8/0/x001/000", "tile/8/0/x001/234", "tile/8/0/x000/001", "tile/8/0/x001/x234/067", "tile/8/0/001/067", "tile/8/0/x001/x234",
	"tile/8/0/1", "tile/8/0/01", "tile/8/0/0001", "tile/8/0/x001", "tile/8/0/-01", "tile/8/0/+01", "tile/8/0/x", "tile/8/0/", "tile/8/0", "tile/8", "tile", "", "tile/8/0/000/", "/tile/8/0/000", "tiles/8/0/000",
	"tile/8/0/000.p/1", "tile/8/0/000.p/255", "tile/8/0/000.p/256", "tile/8/0/000.p/0", "tile/8/0/000.p/01", "tile/8/0/000.p/-1", "tile/8/0/000.p/+1", "tile/8/0/000.p/", "tile/8/0/000.p", "tile/8/0/000.p/x", "tile/8/0/000.p/1/2",
	"tile/8/0/x001/234.p/5", "tile/8/0/x001.p/5", "tile/8/0/.p/5", "tile/8/1/000", "tile/8/7/000", "tile/8/8/000", "tile/8/63/000", "tile/8/9223372036854775807/000", "tile/8/9223372036854775808/000", "tile/8/-1/000", "tile/8/+1/000", "tile/8/01/000",
	"tile/8/data/000", "tile/8/data/x001/000", "tile/8/data/000.p/17", "tile/8/data/000.p/256", "tile/8/Data/000", "tile/08/0/000", "tile/1/0/000", "tile/4/0/000", "tile/30/0/000", "tile/31/0/000", "tile/0/0/000", "tile/x/0/000",
	"tile/8/0/x009/x223/x372/x036/x854/x775/807", "tile/8/0/x009/x223/x372/x036/x854/x775/808", "tile/8/0/x018/x446/x744/x073/x709/x551/616", "tile/8/0/x001/x000/x000/x000/x000/x000/x000/000", "tile/8/0/٠٠١", "tile/8/0/000\n", "tile/8/0/X001/000",
	"tile/8/../000", "tile/8/0/../000", "tile/8/0/000.p/1 ", "tile/8/0//000",
}

var lookups = []string{
	"", "@", "example.com/x", "example.com/x@", "example.com/x@v1.0.0", "example.com/x@v1.0", "example.com/x@v1", "example.com/x@1.0.0", "example.com/x@v1.0.0@v1.0.0", "@v1.0.0", "example.com/x@v01.0.0", "example.com/x@v1.0.0-pre",
	"example.com/x@v1.0.0-", "example.com/x@v1.0.0-a/b", "example.com/x@v1.0.0-a b", "example.com/x@v1.0.0-a\nb", "example.com/x@v1.0.0-RC1", "example.com/x@v1.0.0-!r!c1", "example.com/x@v1.0.0-!", "example.com/x@v1.0.0-é",
	"example.com/x@v1.0.0+incompatible", "example.com/x@v2.0.0-pre+incompatible", "example.com/x@v2.0.0+meta", "example.com/x@v2.0.0-pre+meta", "example.com/x@v1.0.0/go.mod", "example.com/x@v1.0.0\n",
	"github.com/!azure/x@v1.0.0", "github.com/Azure/x@v1.0.0", "github.com/!Azure/x@v1.0.0", "x@v1.0.0", "../x@v1.0.0", "example.com/../x@v1.0.0", "example.com//x@v1.0.0", "/example.com/x@v1.0.0", "example.com/x/@v1.0.0", "example.com/x/v1@v1.0.0",
	"golang.org/toolchain@v0.0.1-go1.23.4.linux-amd64", "example.com/x@v0.0.0-20190410190852-0123456789ab", "example.com/x@latest", "example.com/x@v1.0.0-.", "example.com/x@v1.0.0-con.",
}

var lists = []string{
	"", "\n", "v1.0.0", "v1.0.0\n", "v1.0.0\r\nv1.1.0\r\n", "\n\n v1.0.0 \n\t v0.9.0\n", "v1.10.0\nv1.9.0\nv1.2.0\n", "v1.0.0\nv1.0.0\n", "v1.0.0 2019-04-10T19:08:52Z\nv1.1.0 x y z\n",
	"v1.0.0\nv2.0.0\nv2.0.0+incompatible\nv3.0.0+incompatible\n", "v1.7.0+meta\nv1.6\nv1\nmaster\n1.0.0\n", "v0.0.0-20190410190852-0123456789ab\nv1.0.0-rc.1\nv1.0.0-RC1\n", "v2.0.0\nv2.1.0-beta.2\nv2.1.0-beta.11\nv1.0.0\n",
	"v1.0.0\u0085v1.1.0", "v1.0.0\u00a0x\nv1.1.0\u2003x\nv1.2.0\u3000", "v1.0.0\ufeff\n", "\ufeffv1.0.0\n", "v1.0.0\u200b\n", "v1.0.0\x0bv1.1.0\x0cv1.2.0", "<html>\n<body>v1.0.0</body>\n", "v0.0.1-go1.23.4.linux-amd64\nv0.0.1-go1.9.linux-amd64\n",
	"v1.0.0\rv1.1.0", "v1.0.0\x00", "v1.0.0+incompatible\nv1.0.0\n",
}

var infos = []string{
	"", "{}", "null", "[]", "1", `"v1.0.0"`, "true", "<html>", `{"Version":"v1.0.0"}`, `{"Version":"v1.0.0"}` + "\n", ` {"Version" : "v1.0.0" } ` + "\r\n", "\ufeff" + `{"Version":"v1.0.0"}`, `{"Version":"v1.0.0"}x`, `{"Version":"v1.0.0"`, `{"Version":"v1.0.0",}`,
	`{'Version':'v1.0.0'}`, `{"Version":""}`, `{"Version":null}`, `{"Version":1}`, `{"Version":["v1.0.0"]}`, `{"version":"v1.0.0"}`, `{"VERSION":"v1.0.0"}`, `{"Verſion":"v1.0.0"}`, `{"Version":"v1.0.0","version":"v1.1.0"}`, `{"version":"v1.1.0","Version":"v1.0.0"}`, `{"Version":"v1.0.0","version":null}`,
	`{"Versions":"v1.0.0"}`, `{"Name":"x","Version":"v1.0.0","Short":"x"}`, `{"Version":"v1.0.0","Time":null}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52.123456789Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52+02:00"}`,
	`{"Version":"v1.0.0","Time":"2019-04-10T19:08:52-23:59"}`, `{"Version":"v1.0.0","time":"2019-04-10T19:08:52Z"}`, `{"Version":"v1.0.0","Time":""}`, `{"Version":"v1.0.0","Time":0}`, `{"Version":"v1.0.0","Time":{}}`, `{"Version":"v1.0.0","Time":"yesterday"}`, `{"Version":"v1.0.0","Time":"2019-04-10"}`, `{"Version":"v1.0.0","Time":"2019-04-10 19:08:52Z"}`,
	`{"Version":"v1.0.0","Time":"2019-04-10T19:08:52"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52z"}`, `{"Version":"v1.0.0","Time":"2019-04-10t19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52.Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T24:00:00Z"}`,
	`{"Version":"v1.0.0","Time":"2019-04-10T19:60:00Z"}`, `{"Version":"v1.0.0","Time":"2016-12-31T23:59:60Z"}`, `{"Version":"v1.0.0","Time":"2019-02-29T00:00:00Z"}`, `{"Version":"v1.0.0","Time":"2020-02-29T00:00:00Z"}`, `{"Version":"v1.0.0","Time":"1900-02-29T00:00:00Z"}`, `{"Version":"v1.0.0","Time":"2000-02-29T00:00:00Z"}`,
	`{"Version":"v1.0.0","Time":"2019-00-10T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-13-10T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-04-00T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-04-31T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"}`, `{"Version":"v1.0.0","Time":"0000-01-01T00:00:00Z"}`, `{"Version":"v1.0.0","Time":"10000-01-01T00:00:00Z"}`,
	`{"Version":"v1.0.0","Time":"2019-04-10T19:08:52+0200"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52+02"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52ZZ"}`, `{"Version":"v1.0.0","Time":" 2019-04-10T19:08:52Z"}`, `{"Version":"v1.0.0","Time":"2019-04-10T19:08:52Z\n"}`,
	`{"Version":"v1.0.0","Origin":null}`, `{"Version":"v1.0.0","Origin":{}}`, `{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://example.com/x","Hash":"0123","Ref":"refs/tags/v1.0.0"}}`, `{"Version":"v1.0.0","Origin":"git"}`, `{"Version":"v1.0.0","Origin":[]}`, `{"Version":"v1.0.0","Origin":{"VCS":1}}`, `{"Version":"v1.0.0","Origin":{"vcs":{}}}`,
	`{"Version":"v1.0.0","Origin":{"Other":1,"VCS":null}}`, `{"Version":"v1.0.0","Extra":{"Version":"v2.0.0"}}`, `{"Version":"v1.0.0 "}`, "{\"Version\":\"v1.0.0\n\"}",
}
