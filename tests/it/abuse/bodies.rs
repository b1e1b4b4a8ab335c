//! Bodies that are too long, too deep, packed, or of another kind than they say.

use std::io::Read as _;

use super::stage::{Came, Stage, request};
use super::{Attack, attack};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::bufread::GzEncoder::new(content, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
    packed
}

/// With acme's key.
async fn body(stage: &Stage, headers: &str, body: impl AsRef<[u8]>) -> Came {
    stage.says(stage.post(headers, body)).await
}

/// In a format, with the key of that tenant.
async fn in_format(stage: &Stage, format: &str, body: impl AsRef<[u8]>) -> Came {
    stage.says(request(&format!("/formats/{format}"), "x-key: formal-key-of-the-tests\r\n", body)).await
}

async fn json_refused(stage: &Stage, text: impl AsRef<[u8]>, part: &str) {
    let came = in_format(stage, "json", text).await;
    came.is(&[400]);
    came.says("malformed");
    came.says(part);
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!("a body longer than the route takes", "413 in the platform's words", |stage| {
        let came = body(&stage, "", vec![b' '; 300 << 10]).await;
        came.is(&[413]);
        came.says("Message length exceeded");
    }),
    attack!("a body of a terabyte, announced", "413 before any of it is read", |stage| {
        body(&stage, "Expect: 100-continue\r\nContent-Length: 1099511627776\r\n", "").await.is(&[413]);
    }),
    attack!("a body without an end, in chunks", "413, then closed", |stage| {
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(1 << 16));
        body(&stage, "Transfer-Encoding: chunked\r\n", chunk.repeat(200)).await.is_cut_or(&[413]);
    }),
    attack!("1 GiB packed into 1 MiB", "413: both sizes count", |stage| {
        body(&stage, "Content-Encoding: gzip\r\n", gzip(&[0; 1 << 20]).repeat(1024)).await.is_cut_or(&[413]);
    }),
    attack!("200 MiB packed into 200 KiB", "413: unpacked only as far as the route takes", |stage| {
        body(&stage, "Content-Encoding: gzip\r\n", gzip(&[0; 1 << 20]).repeat(180)).await.is(&[413]);
    }),
    attack!("ten thousand gzip members", "413, or read to their end", |stage| {
        body(&stage, "Content-Encoding: gzip\r\n", gzip(b" ").repeat(10_000)).await.is(&[400, 413]);
    }),
    attack!("gzip within gzip, said twice", "415", |stage| {
        body(&stage, "Content-Encoding: gzip, gzip\r\n", gzip(&gzip(b"{}"))).await.is(&[415]);
    }),
    attack!("gzip within gzip, said once", "400", |stage| {
        body(&stage, "Content-Encoding: gzip\r\n", gzip(&gzip(b"{}"))).await.is(&[400]);
    }),
    attack!("gzip cut off", "400", |stage| {
        body(&stage, "Content-Encoding: gzip\r\n", &gzip(&[b'{'; 1000])[..20]).await.is(&[400]);
    }),
    attack!("other packings: br, zstd, deflate", "415", |stage| {
        for coding in ["br", "zstd", "deflate", "compress", "nonsense"] {
            body(&stage, &format!("Content-Encoding: {coding}\r\n"), "{}").await.is(&[415]);
        }
    }),
    attack!("JSON nested a hundred thousand deep", "400: 64 levels", |stage| {
        json_refused(&stage, "[".repeat(100_000), "deeper than 64").await;
        json_refused(&stage, "{\"a\":".repeat(20_000), "deeper than 64").await;
    }),
    attack!("JSON with a list of 80,000 items", "400: 10,000 items", |stage| {
        json_refused(&stage, format!("[{}1]", "1,".repeat(80_000)), "more than 10000").await;
    }),
    attack!("JSON with a map of 20,000 members", "400: 10,000 members", |stage| {
        let members: Vec<String> = (0..20_000).map(|n| format!("\"{n}\":1")).collect();
        json_refused(&stage, format!("{{{}}}", members.join(",")), "more than 10000").await;
    }),
    attack!("a key twice in one map", "400: one of them would be a guess", |stage| {
        json_refused(&stage, r#"{"to":"6590000001","to":"6590000002"}"#, "repeated").await;
    }),
    attack!("JSON that is no UTF-8", "400", |stage| json_refused(&stage, b"{\"a\":\"\xff\"}", "UTF-8").await),
    attack!("half a surrogate", "400", |stage| json_refused(&stage, r#"{"a":"\ud800"}"#, "hex escape").await),
    attack!("numbers without bounds", "400", |stage| {
        json_refused(&stage, "{\"a\":1e999999}", "number out of range").await;
        in_format(&stage, "json", format!("[{}]", "9".repeat(200_000))).await.is(&[400]);
    }),
    attack!("something behind the document", "400", |stage| json_refused(&stage, "{} {}", "trailing").await),
    attack!("a byte order mark, NUL, nothing", "400", |stage| {
        for text in ["\u{feff}{}", "\0", ""] {
            in_format(&stage, "json", text).await.is(&[400]);
        }
    }),
    attack!("control characters in a person's number", "400", |stage| {
        let mut order = stage.order("control", 900_002);
        for to in ["6590\u{0}000001", "6590000001\r\nX: y", "\u{202e}6590000001", "+", "6590000001; DROP TABLE"] {
            order["to"] = to.into();
            body(&stage, "", order.to_string()).await.is(&[400]);
        }
    }),
    attack!("expressions, templates and YAML in every field", "taken as text, never evaluated", |stage| {
        let mut order = stage.order("$.credentials.api_secret", 900_003);
        let texts = ["{{credentials}}", "$.credentials.api_secret", "${env:PEM}"];
        for (place, text) in texts.iter().enumerate() {
            order["template"]["components"][0]["parameters"][place]["text"] = (*text).into();
        }
        stage.allow(1);
        body(&stage, "", order.to_string()).await.is(&[200]);
        let to = order["to"].as_str().unwrap();
        crate::world::until("it is sent", || !stage.world.taken(to).is_empty()).await;
        let sent = stage.world.taken(to)[0].body.to_string();
        assert!(texts.iter().all(|text| sent.contains(text)), "{sent}");
    }),
    attack!("a type where the route takes another", "415", |stage| {
        let headers = "x-key: formal-key-of-the-tests\r\nContent-Type: text/xml\r\n";
        stage.says(request("/formats/typed", headers, "<a/>")).await.is(&[415]);
    }),
    attack!("XML to a route of JSON, whatever its type says", "400", |stage| {
        body(&stage, "Content-Type: text/xml\r\n", "<a/>").await.is(&[400]);
    }),
    attack!("a form to a route of JSON", "400", |stage| {
        body(&stage, "Content-Type: application/x-www-form-urlencoded\r\n", "msg_id=1&to=2").await.is(&[400]);
    }),
    attack!("multipart with ten thousand parts", "400", |stage| {
        let parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n".repeat(4000);
        body(&stage, "Content-Type: multipart/form-data; boundary=x\r\n", parts).await.is(&[400]);
    }),
    attack!("an external entity (XXE)", "400: no document type is taken", |stage| {
        let xml = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
        let came = in_format(&stage, "xml", xml).await;
        came.is(&[400]);
        came.says("document type");
        assert!(!came.0.contains("root:"));
    }),
    attack!("a billion laughs", "400: no document type is taken", |stage| {
        let more: String =
            (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
        let xml = format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{more}]><a>&l9;</a>");
        in_format(&stage, "xml", xml).await.is(&[400]);
    }),
    attack!("XML nested fifty thousand deep", "400: 64 levels", |stage| {
        let came = in_format(&stage, "xml", "<a>".repeat(50_000)).await;
        came.is(&[400]);
        came.says("deeper than 64");
    }),
    attack!("an element with 20,000 attributes", "400", |stage| {
        let attributes: Vec<String> = (0..20_000).map(|n| format!("a{n}=\"\"")).collect();
        in_format(&stage, "xml", format!("<a {}/>", attributes.join(" "))).await.is(&[400]);
    }),
    attack!("a form of 60,000 members", "400: 10,000 members", |stage| {
        in_format(&stage, "form", "a=1&".repeat(60_000)).await.is(&[400]);
    }),
    attack!("a form of names that are all alike", "400", |stage| {
        in_format(&stage, "form", "a[][][]=%00&".repeat(20_000)).await.is(&[400]);
    }),
];
