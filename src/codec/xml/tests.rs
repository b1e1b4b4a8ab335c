//! Reading and writing XML: cases, what is refused, bounds, and properties.

use proptest::prelude::*;

use super::{read, write};
use crate::codec::{MAX_DEPTH, MAX_ITEMS, json};
use crate::value::{Arena, Tree, Value};

#[track_caller]
fn check(source: &str, expected: &str) {
    let (arena, mut out) = (Arena::new(), Vec::new());
    json::write(read(source.as_bytes(), &arena).unwrap(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), expected, "{source}");
}

#[track_caller]
fn refuses(source: &str, expected: &str) {
    let arena = Arena::new();
    assert_eq!(read(source.as_bytes(), &arena).unwrap_err().to_string(), expected);
}

fn written(json: &str) -> Result<String, String> {
    let (arena, mut out) = (Arena::new(), Vec::new());
    write(json::read(json.as_bytes(), &arena).unwrap(), &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn elements_are_maps() {
    check("<a/>", r#"{"a":""}"#);
    check("\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<!-- c --><a> x </a>\n", r#"{"a":" x "}"#);
    check("<r>\n <b>1</b>\n <c>2</c>\n <b>3</b>\n</r>", r#"{"r":{"b":["1","3"],"c":"2"}}"#);
    check("<r><m id='1'>x</m><m id=\"2\"/></r>", r##"{"r":{"m":[{"@id":"1","#text":"x"},{"@id":"2"}]}}"##);
    check("<s:r xmlns:s='u'><s:b/></s:r>", r#"{"s:r":{"@xmlns:s":"u","s:b":""}}"#);
    check("<r>a<b/>c</r>", r##"{"r":{"b":"","#text":"ac"}}"##);
    check("<r>&lt;&#233;&#x1F600;&amp;<![CDATA[<&amp;>]]></r>", r#"{"r":"<é😀&<&amp;>"}"#);
    check("<r a='&quot;&#10;x\ny'>1\r\n2</r>", r##"{"r":{"@a":"\"\nx y","#text":"1\n2"}}"##);
    check("<?pi x?><r><?pi <y> ?>1</r>", r#"{"r":"1"}"#);
}

#[test]
fn what_is_no_xml_is_refused() {
    refuses("", "not XML: no root element at line 1, column 1");
    refuses("x", "not XML: text outside the root element at line 1, column 2");
    refuses("<a/><b/>", "not XML: more than one root element at line 1, column 9");
    refuses("<a>\n<b>", "not XML: an element that is not closed at line 2, column 4");
    refuses("<a></b>", "not XML: an element whose end does not match, or a stray `&` at line 1, column 8");
    refuses("<a>&nbsp;</a>", "not XML: an unknown entity at line 1, column 10");
    refuses("<a b='&nbsp;'/>", "not XML: an unknown entity at line 1, column 16");
    refuses("<a>&#0;</a>", "not XML: an unknown entity at line 1, column 8");
    refuses("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "not XML: a document type is not taken at line 1, column 31");
    refuses("<a b='1' b='2'/>", "not XML: a repeated attribute at line 1, column 17");
    refuses(
        "<?xml version='1.0' encoding='latin1'?><a/>",
        "not XML: an encoding other than UTF-8 at line 1, column 40",
    );
    let arena = Arena::new();
    assert_eq!(read(b"<a>\xff</a>", &arena).unwrap_err().to_string(), "not XML: not UTF-8");
}

#[test]
fn bounds_are_typed() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let arena = Arena::new();
    assert!(read(nested(MAX_DEPTH).as_bytes(), &arena).is_ok());
    refuses(&nested(MAX_DEPTH + 1), "nested deeper than 64 levels");
    refuses(&format!("<a>{}</a>", "<b/>".repeat(MAX_ITEMS + 1)), "a list or map of more than 10000 entries");
    let attributes: String = (0..=MAX_ITEMS).map(|n| format!(" a{n}=''")).collect();
    refuses(&format!("<a{attributes}/>"), "a list or map of more than 10000 entries");
}

#[test]
fn maps_are_written_in_their_order() {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let is = |json: &str, expected: &str| assert_eq!(written(json).unwrap(), format!("{head}{expected}"));
    is(
        r#"{"r": {"b": [1, true], "a": "<x> & \"y\"", "n": null, "e": []}}"#,
        "<r><b>1</b><b>true</b><a>&lt;x&gt; &amp; \"y\"</a><n/></r>",
    );
    is(r##"{"r": {"x": "1", "#text": "t", "@b": 2, "@a": "\"\n"}}"##, "<r b=\"2\" a=\"&quot;&#10;\"><x>1</x>t</r>");
    is(r#"{"r": "a\r\n"}"#, "<r>a&#13;\n</r>");
    is(r#"{"r": {}}"#, "<r/>");
}

#[test]
fn what_xml_cannot_carry_is_unfit() {
    let unfit = |json: &str, what: &str| assert_eq!(written(json).unwrap_err(), format!("XML cannot carry {what}"));
    unfit("[]", "anything but a map with one key, the root element");
    unfit(r#"{"a": 1, "b": 2}"#, "anything but a map with one key, the root element");
    unfit(r#"{"a": [1]}"#, "a list as its root element");
    unfit(r#"{"a": {"b": [[1]]}}"#, "a list in a list");
    unfit(r#"{"a b": 1}"#, "a key that is no element's name");
    unfit(r#"{"a": {"1": 1}}"#, "a key that is no element's name");
    unfit(r#"{"a": {"@x>": 1}}"#, "a key that is no attribute's name");
    unfit(r#"{"a": {"@x": {}}}"#, "a list or map as an attribute");
    unfit(r##"{"a": {"#text": {}}}"##, "a list or map as a text");
    unfit(r#"{"a": "\u0000"}"#, "a control character");
}

fn elements() -> impl Strategy<Value = serde_json::Value> {
    let text = "[ -~é😀\t\n\r]{0,9}";
    text.prop_map(serde_json::Value::from).prop_recursive(4, 40, 6, move |inner| {
        let item = prop_oneof![inner.clone(), prop::collection::vec(inner, 2..4).prop_map(serde_json::Value::from)];
        let children = prop::collection::btree_map("[a-z_][a-z0-9.-]{0,4}", item, 1..5);
        let attributes = prop::collection::btree_map("@[a-z]{1,3}", text.prop_map(serde_json::Value::from), 0..3);
        (children, attributes).prop_map(|(children, attributes)| {
            serde_json::Value::Object(attributes.into_iter().chain(children).collect())
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(element in elements().prop_filter("an element", |value| !value.is_array())) {
        let (arena, mut out) = (Arena::new(), Vec::new());
        let tree = Tree::from(&serde_json::json!({ "root": element }));
        write(tree.view(&arena), &mut out).unwrap();
        prop_assert_eq!(read(&out, &arena).unwrap(), tree.view(&arena));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[<>/a='\"&;!?\\[\\]#x-]{0,40}") {
        let arena = Arena::new();
        let _ = read(&bytes, &arena);
        let _ = read(text.as_bytes(), &arena);
        let inside = format!("<a>{text}</a>");
        if let Ok(value) = read(inside.as_bytes(), &arena) {
            let mut out = Vec::new();
            let Value::Map([_]) = value else { panic!("one root") };
            let _ = write(value, &mut out);
        }
    }
}
