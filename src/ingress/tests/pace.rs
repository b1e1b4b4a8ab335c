//! Slow callers, many callers, and the end.

use super::*;

#[tokio::test]
async fn slow_callers_are_cut() {
    let server = server(|options| {
        options.header_timeout = SHORT;
        options.body_timeout = SHORT;
        options.idle_timeout = SHORT * 3;
    })
    .await;
    for begun in ["", "G", "GET /echo HTTP/1.1\r\nHost: x\r\nx: "] {
        let mut stream = server.connect().await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut stream).await, "", "{begun}");
    }
    let unfinished = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{";
    check(&server.ask(unfinished).await, "408", "connection: close");
    // Idle after a request, and then a head that drips.
    let mut stream = server.connect().await;
    stream.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("http/1.1 200"));
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_dripping_head_is_cut_however_many_pieces_come() {
    // Only the time for a head can end this one: the connection may be idle for long.
    let server = server(|options| options.header_timeout = SHORT).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("http/1.1 200"));
    tokio::time::sleep(SHORT * 2).await;
    stream.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("http/1.1 200"), "an idle connection is no slow one");
    let (mut reader, mut writer) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writer.write_all(b"G").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    let mut seen = Vec::new();
    let _ = guarded(reader.read_to_end(&mut seen)).await;
    assert_eq!(String::from_utf8_lossy(&seen), "");
    drip.abort();
}

#[tokio::test]
async fn a_caller_that_does_not_read_is_cut() {
    let mut server = server(|options| {
        options.write_timeout = SHORT;
        options.connections = 1;
    })
    .await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    // The only slot is free again once the first caller is cut.
    check(&server.ask(post("", "next")).await, "200", "next");
    drop(stream);
    server.stop();
    guarded(server.served).await.unwrap();
}

#[tokio::test]
async fn idle_connections_do_not_keep_others_out() {
    let server = server(|_| ()).await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(server.connect().await);
    }
    check(&server.ask(post("", "served")).await, "200", "served");
    for stream in &mut idle {
        stream.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(stream).await.starts_with("http/1.1 200"));
    }
}

#[tokio::test]
async fn more_connections_than_allowed_wait_where_all_are_busy() {
    let server = server(|options| options.connections = 2).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for busy in [&mut first, &mut second] {
        busy.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow").await.unwrap();
        guarded(server.echo.begun.notified()).await;
    }
    let mut third = server.connect().await;
    third.write_all(&post("", "waited")).await.unwrap();
    let mut byte = [0];
    assert!(tokio::time::timeout(SHORT * 2, third.read(&mut byte)).await.is_err(), "served beyond the limit");
    server.echo.go_on.notify_one();
    check(&rest(&mut third).await, "200", "waited");
}

#[tokio::test]
async fn idle_connections_go_when_somebody_needs_their_place() {
    let server = server(|options| options.connections = 3).await;
    let (mut never, mut used, mut body) = (server.connect().await, server.connect().await, server.connect().await);
    used.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut used).await.starts_with("http/1.1 200"));
    body.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n").await.unwrap();
    for place in 0..20 {
        check(&server.ask(post("", format!("newcomer {place}"))).await, "200", "newcomer");
    }
    assert_eq!(rest(&mut never).await, "", "whoever was idle longest");
    body.write_all(b"body").await.unwrap();
    assert!(answer(&mut body).await.ends_with("body"), "not who is in the middle of something");
}

#[tokio::test]
async fn one_source_has_so_many_connections() {
    let server = server(|options| options.connections_per_source = 2).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow").await.unwrap();
        guarded(server.echo.begun.notified()).await;
        busy.push(stream);
    }
    assert_eq!(rest(&mut server.connect().await).await, "", "closed at once");
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = guarded(other.connect(server.address)).await.unwrap();
    other.write_all(&post("", "another source")).await.unwrap();
    check(&rest(&mut other).await, "200", "another source");
    let trusting = self::server(|options| {
        options.connections_per_source = 1;
        options.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    });
    let trusting = trusting.await;
    let _first = trusting.connect().await;
    check(&trusting.ask(post("", "a proxy has many")).await, "200", "a proxy has many");
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight() {
    let mut server = server(|_| ()).await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    answer(&mut idle).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow").await.unwrap();
    guarded(server.echo.begun.notified()).await;
    server.stop();
    assert_eq!(rest(&mut idle).await, "", "an idle connection is closed at once");
    assert!(TcpStream::connect(server.address).await.is_err(), "new connections are refused");
    server.echo.go_on.notify_one();
    let finished = rest(&mut stream).await;
    check(&finished, "200", "\r\n\r\nslow");
    check(&finished, "200", "connection: close\r\n");
    guarded(server.served).await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let mut server = server(|_| ()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow").await.unwrap();
    guarded(server.echo.begun.notified()).await;
    server.stop();
    guarded(server.served).await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn what_was_begun_is_finished_though_the_caller_hangs_up() {
    let mut server = server(|options| options.connections = 1).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow").await.unwrap();
    guarded(server.echo.begun.notified()).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    // It keeps its slot: hanging up is no way to have more done at once than allowed.
    let mut next = server.connect().await;
    next.write_all(&post("", "next")).await.unwrap();
    let mut byte = [0];
    assert!(tokio::time::timeout(SHORT, next.read(&mut byte)).await.is_err());
    server.echo.go_on.notify_one();
    check(&rest(&mut next).await, "200", "next");
    assert_eq!(server.echo.finished.load(Ordering::SeqCst), 1);
    server.stop();
    guarded(server.served).await.unwrap();
}
