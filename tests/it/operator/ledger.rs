//! The ledger as the operator has it, and that a count of what is stored finds what it lacks.

use serde_json::json;

use super::{acme, asked, command};
use crate::world::{World, order, person, provider, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_adds_up_or_says_where_not() {
    let world = World::new(vec![acme()], provider()).await;
    let gateway = world.gateway().await;
    let brand = &world.brands[0];
    for place in 0..3 {
        let id = format!("m-{place}");
        assert_eq!(world.send(brand, &order(brand, &id, &person(brand, place))).await.status, 200);
    }
    until("all are read", || (0..3).all(|place| World::is_read(brand, &format!("m-{place}")))).await;
    let fine = command(&gateway, &["ledger", "--recount"]).await;
    assert_eq!(fine.code, 0, "{}", fine.err);
    let row = fine.out.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(row, ["acme", "3", "3", "0", "0", "0", "0", "0", "0", "0"], "{}", fine.out);
    assert!(fine.out.contains("every message is where the ledger has it"), "{}", fine.out);
    assert_eq!(world.metric(&gateway, "switchboard_ledger_recount_difference{tenant=\"acme\"}").await, Some(0.0));

    // A disk that lost a row: the tally alone would never know.
    let behind = rusqlite::Connection::open(world.folder().join("switchboard.db")).unwrap();
    assert_eq!(behind.execute("DELETE FROM message WHERE ref = (SELECT min(ref) FROM message)", []).unwrap(), 1);
    let (_, before) = asked(&world, &gateway, "/api/ledger").await;
    assert_eq!(before["recount"]["differences"], json!([]), "what the last count came to");
    let wrong = command(&gateway, &["ledger", "--recount", "--json"]).await;
    let said = wrong.json();
    assert_eq!(wrong.code, 1);
    assert_eq!((&said["tenants"][0]["accepted"], &said["tenants"][0]["difference"]), (&json!(3), &json!(0)));
    let difference = &said["recount"]["differences"][0];
    let counts = (&difference["told"]["submitted"], &difference["counted"]["submitted"]);
    assert_eq!(counts, (&json!(3), &json!(2)), "{said}");
    assert_eq!(world.metric(&gateway, "switchboard_ledger_recount_difference{tenant=\"acme\"}").await, Some(2.0));
    let told = command(&gateway, &["ledger", "--tenant", "acme"]).await;
    assert!(told.code == 1 && told.out.contains("acme: submitted: the ledger says 3, there are 2"), "{}", told.out);
    let (_, page) = asked(&world, &gateway, "/api/ledger?tenant=acme").await;
    assert!(!page.to_string().contains(&person(brand, 0)[2..]));
    gateway.stop().await;
}
