use kube_standin::{Error, Standin};

use crate::support::{map, standin};

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_that_names_it() {
    let standin = standin().await;
    let error = Standin::start(standin.address()).await.expect_err("taken");
    assert!(matches!(error, Error::Listen { .. }));
    assert_eq!(error.to_string(), format!("cannot listen on {}", standin.address()));
}

#[tokio::test]
async fn a_refusal_says_code_reason_and_what() {
    let standin = standin().await;
    let refusal = standin.delete("v1", "ConfigMap", Some("default"), "a").expect_err("not there");
    assert_eq!(refusal.to_string(), "404 NotFound: configmaps \"a\": not found");
    assert_eq!((refusal.code(), refusal.reason()), (404, "NotFound"));
    assert_eq!(refusal.to_status()["details"]["name"], "a");
    let refusal = standin.delete("v1", "Nothing", None, "a").expect_err("no kind");
    assert_eq!(refusal.to_string(), "400 BadRequest: no such kind: v1 Nothing");
    let mut bad = map("a", "1");
    bad["metadata"]["name"] = "A".into();
    let refusal = standin.apply(bad).expect_err("no name");
    assert_eq!(refusal.to_string(), "422 Invalid: configmaps \"A\": this is not a name");
}

#[tokio::test]
async fn a_dropped_stand_in_frees_its_port() {
    let standin = standin().await;
    let address = standin.address();
    drop(standin);
    // Its task is ended by the runtime's next turn.
    while Standin::start(address).await.is_err() {
        tokio::task::yield_now().await;
    }
}
