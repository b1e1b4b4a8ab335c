//! What is in a request, and what it is answered.

use super::*;

#[tokio::test]
async fn what_comes_is_what_the_handler_sees() {
    let server = server(|_| ()).await;
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    check(&server.ask(get("/echo?a=%20b&c")).await, "200", "GET /echo?a=%20b&c Some(127.0.0.1)");
    check(&server.ask(get("/a%20b")).await, "200", "GET /a%20b? Some");
    check(&server.ask(get("http://x/echo")).await, "200", "GET /echo? Some");
    check(&server.ask("GET /echo HTTP/1.0\r\n\r\n").await.replace("HTTP/1.0", "HTTP/1.1"), "200", "GET /echo");
    let posted = server.ask(post("", "{\"a\":1}")).await;
    check(&posted, "200", "\r\n\r\n{\"a\":1}");
    check(&posted, "200", "x-test: yes\r\n");
    check(&posted, "200", "content-length: 7\r\n");
    assert!(!posted.contains("bad"), "{posted}");
    check(
        &server.ask(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")).await,
        "200",
        "\r\n\r\nabcde",
    );
    check(&server.ask(get("/_/health")).await, "200", "{\"status\":\"ok\"}");
}

#[tokio::test]
async fn paths_and_methods_that_there_are_not() {
    let server = server(|_| ()).await;
    for (line, status, part) in [
        ("GET /", "404", "Not Found"),
        ("GET /Echo", "404", ""),
        ("GET /echo/", "404", ""),
        ("OPTIONS *", "404", ""),
        ("DELETE /echo", "405", "allow: GET, POST\r\n"),
        ("HEAD /echo", "405", "allow: GET, POST\r\n"),
        ("OPTIONS /any", "405", "allow: GET, POST, PUT, PATCH, DELETE\r\n"),
        ("TRACE /any", "405", ""),
        ("CONNECT x:443", "400", ""),
        ("GET x:443", "400", ""),
        ("GET http://x", "404", ""),
        ("GET http://x?a", "404", ""),
        ("GET *", "404", ""),
        ("BREW /any", "405", ""),
        ("HEAD /_/health", "405", "allow: GET\r\n"),
        ("POST /_/health", "405", "allow: GET\r\n"),
    ] {
        let answer = server.ask(format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        check(&answer, status, part);
    }
}

#[tokio::test]
async fn bodies_that_are_not_taken() {
    let server = server(|_| ()).await;
    let long = vec![b'x'; LIMIT + 1];
    let too_long = "body_too_long: the body is longer than 100000 bytes";
    check(&server.ask(post("", &long[..LIMIT])).await, "200", "xxx");
    check(&server.ask(post("", &long)).await, "422", too_long);
    let chunk = [format!("{:x}\r\n", long.len()).as_bytes(), &long, b"\r\n0\r\n\r\n"].concat();
    check(&server.ask(post("Transfer-Encoding: chunked\r\n", chunk)).await, "422", too_long);
    let unpacked = server.ask(post("Content-Encoding: gzip\r\n", gzip(b"{\"a\":1}"))).await;
    check(&unpacked, "200", "\r\n\r\n{\"a\":1}");
    check(&server.ask(post("Content-Encoding: GZIP\r\n", gzip(&vec![b' '; 50 << 20]))).await, "422", too_long);
    check(&server.ask(post("Content-Encoding: gzip\r\n", "{}")).await, "422", "malformed: not gzip");
    check(&server.ask(post("Content-Encoding: identity\r\n", "{}")).await, "200", "{}");
    check(&server.ask(post("Content-Encoding: br\r\n", "{}")).await, "415", "");
    check(&server.ask(post("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", "{}")).await, "415", "");
    check(&server.ask(post("Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n")).await, "400", "");
}

#[tokio::test]
async fn an_announced_body_that_is_too_long_is_not_asked_for() {
    let server = server(|_| ()).await;
    let head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n";
    check(&server.ask(format!("{head}Content-Length: 999999999999\r\n\r\n")).await, "422", "body_too_long");
    let mut stream = server.connect().await;
    stream.write_all(format!("{head}Connection: close\r\nContent-Length: 2\r\n\r\n").as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    guarded(stream.read_exact(&mut asked)).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").await.unwrap();
    check(&rest(&mut stream).await, "200", "{}");
}

#[tokio::test]
async fn heads_that_are_not_taken() {
    let server = server(|_| ()).await;
    let with = |headers: &[u8]| [b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", headers, b"\r\n"].concat();
    check(&server.ask(with(b"x: caf\xc3\xa9\r\n")).await, "400", "");
    check(&server.ask(with(b"x: a\x01b\r\n")).await, "400", "");
    check(&server.ask(with(b"no colon\r\n")).await, "400", "");
    check(&server.ask(with(b"x : folded\r\n y\r\n")).await, "400", "");
    check(&server.ask(with("a: b\r\n".repeat(63).as_bytes())).await, "431", "");
    check(&server.ask(with("a: b\r\n".repeat(500).as_bytes())).await, "431", "");
    check(&server.ask(with(format!("a: {}\r\n", "b".repeat(100_000)).as_bytes())).await, "431", "");
    for hosts in ["", "Host: x\r\nHost: x\r\n", "Host: x\r\nHost: y\r\n"] {
        let answer = server.ask(format!("GET /echo HTTP/1.1\r\nConnection: close\r\n{hosts}\r\n")).await;
        check(&answer, "400", "connection: close");
    }
    // Two meanings of where the body ends.
    check(&server.ask(post("Content-Length: 3\r\n", "{}")).await, "400", "");
    check(&server.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}").await, "400", "");
    let both = server.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo HTTP/1.1\r\n\r\n").await;
    assert_eq!(both.matches("HTTP/1.1").count(), 1, "{both}");
    check(&server.ask(post("Transfer-Encoding: gzip\r\n", "{}")).await, "400", "");
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"\r\n\r\n\r\n)(\r\n\r\n",
    ] {
        let answer = server.ask(garbage).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 505"),
            "{answer}"
        );
    }
    check(&server.ask(post("", "still alive")).await, "200", "still alive");
}

#[tokio::test]
async fn requests_in_a_row_and_at_once_on_one_connection() {
    let server = server(|_| ()).await;
    let one = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    let answers = server.ask(format!("{}{}", one.repeat(20), String::from_utf8(post("", "last")).unwrap())).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 21, "{answers}");
    assert!(answers.ends_with("last"), "{answers}");
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_forwarded_address_counts() {
    let request = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 1.1.1.1, 203.0.113.9\r\n\r\n";
    check(&server(|_| ()).await.ask(request).await, "200", "Some(127.0.0.1)");
    let trusting = server(|options| options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    check(&trusting.ask(request).await, "200", "Some(203.0.113.9)");
}

#[test]
fn a_reply_without_a_status_is_an_error_of_ours() {
    for (http, expected) in [(200, 200), (599, 599), (0, 500), (100, 500), (999, 500), (7000, 500)] {
        let reply = Reply { http, headers: Vec::new(), body: Bytes::new() };
        assert_eq!(reply::of(reply).status().as_u16(), expected);
    }
}

#[tokio::test]
async fn bodies_of_all_together_are_bounded() {
    let server = server(|options| options.bodies = 8 * 1024).await;
    let crowded = "overloaded: too much is being taken in at once";
    let body = |length: usize| vec![b'x'; length];
    // Half of a body that does not come to its end has its room; what is only announced has none.
    let mut slow = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 90000\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    check(&server.ask(post("", body(8 * 1024))).await, "200", "xxx");
    slow.write_all(&body(5000)).await.unwrap();
    loop {
        let answer = server.ask(post("", body(5000))).await;
        if answer.contains(crowded) {
            check(&answer, "422", crowded);
            break;
        }
        check(&answer, "200", "xxx");
    }
    check(&server.ask(post("", body(2000))).await, "200", "xxx");
    check(&server.ask(post("Content-Encoding: gzip\r\n", gzip(&body(9000)))).await, "422", crowded);
    drop(slow);
    loop {
        let answer = server.ask(post("", body(8 * 1024))).await;
        if answer.starts_with("HTTP/1.1 200") {
            break;
        }
        check(&answer, "422", crowded);
    }
}
