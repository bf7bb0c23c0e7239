//! Signing in and out, and what protects one's own account.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::{Decider, UserCommand, UserId, user::UserState};
use engine::{CommandContext, CommandError};
use identity::{Attempt, NewSession, Proof, Refused};
use journal::StreamId;
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    errors::{ApiError, ApiResult, ErrorCode, UserError},
    reading,
    scalars::Moment,
    session::{Session as _, SignedIn, missing},
    users::{Language, Role, User, Visibility, time_zone},
};
use crate::{
    http::{PLAIN_COOKIE, SECURE_COOKIE},
    letters,
    metrics::SignIn,
    policy::Viewer as Speaker,
};

/// Whoever is asking.
pub struct Viewer(Speaker);

#[Object]
impl Viewer {
    /// Their account; null for the token that the server was started with.
    #[graphql(complexity = "child_complexity + 1")]
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<User>> {
        match self.0.user() {
            Some(UserId(user)) => User::load(&reading::reading(ctx, None, None).await?, user).await,
            None => Ok(None),
        }
    }

    /// As which they speak: a token may speak as less than its owner.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Which records they see.
    async fn visibility(&self) -> Visibility {
        self.0.visibility.into()
    }

    /// What a page sends as `X-CSRF-Token` beside the session's cookie; null without a session.
    async fn csrf_token(&self) -> Option<&str> {
        match &self.0.bearer.as_ref()?.proof {
            Proof::Session { csrf, .. } => Some(csrf),
            Proof::Token { .. } => None,
        }
    }

    /// Their open sessions, those used last first.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn sessions(&self, ctx: &Context<'_>) -> ApiResult<Vec<Session>> {
        let Some(UserId(user)) = self.0.user() else {
            return Ok(Vec::new());
        };
        let current = match self.0.bearer.as_ref().map(|bearer| &bearer.proof) {
            Some(Proof::Session { id, .. }) => Some(id),
            _ => None,
        };
        let sessions = ctx.application()?.identity.sessions(user).await.map_err(failed)?;
        let listed = |session: identity::Session| Session {
            current: current == Some(&session.id),
            id: session.id,
            began_at: Moment(session.began_at),
            seen_at: Moment(session.seen_at),
            address: session.client.address,
            agent: session.client.agent,
        };
        Ok(sessions.into_iter().map(listed).collect())
    }
}

/// A place where somebody is signed in.
#[derive(Debug, Clone, SimpleObject)]
pub struct Session {
    /// For `sessionEnd`.
    id: String,
    /// Whether this very request came in it.
    current: bool,
    began_at: Moment,
    /// When it was used last, to about five minutes.
    seen_at: Moment,
    /// Network address that it began from.
    address: Option<String>,
    /// What the program that began it called itself.
    agent: Option<String>,
}

#[derive(Debug, Clone, InputObject)]
pub struct SignInInput {
    email: String,
    password: String,
    /// Of the second factor, or a recovery code: when the first answer was `SECOND_FACTOR_REQUIRED`.
    code: Option<String>,
}

/// What became of signing in.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// Who is signed in now; null when nobody is.
    viewer: Option<Viewer>,
    /// What a page sends as `X-CSRF-Token` with everything but queries by GET.
    csrf_token: Option<String>,
    /// When the session ends, however much it is used.
    ends_at: Option<Moment>,
    user_errors: Vec<UserError>,
}

/// What became of a request that changes no record.
#[derive(Debug, Clone, SimpleObject)]
pub struct DonePayload {
    user_errors: Vec<UserError>,
}

#[derive(Debug, Clone, InputObject)]
pub struct PasswordChangeInput {
    current_password: String,
    /// At least twelve characters.
    password: String,
}

/// What became of a change to one's own account.
#[derive(SimpleObject)]
pub struct AccountPayload {
    #[graphql(flatten)]
    result: CommandResult,
    /// A new one, where the change began a new session.
    csrf_token: Option<String>,
}

#[derive(Debug, Clone, InputObject)]
pub struct PasswordResetRequestInput {
    email: String,
}

#[derive(Debug, Clone, InputObject)]
pub struct PasswordResetInput {
    /// The secret of the link that came by mail.
    link: String,
    /// At least twelve characters.
    password: String,
}

#[derive(Debug, Clone, InputObject)]
pub struct SecondFactorBeginInput {
    password: String,
}

#[derive(Debug, Clone, SimpleObject)]
pub struct SecondFactorBeginPayload {
    /// In base 32, for typing into an authenticator.
    secret: Option<String>,
    /// `otpauth://…`, for a QR code.
    uri: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(Debug, Clone, InputObject)]
pub struct SecondFactorConfirmInput {
    /// What the authenticator shows.
    code: String,
}

#[derive(Debug, Clone, SimpleObject)]
pub struct SecondFactorConfirmPayload {
    #[graphql(flatten)]
    result: CommandResult,
    /// Each signs in once instead of a code. Shown here and never again.
    recovery_codes: Vec<String>,
}

#[derive(Debug, Clone, InputObject)]
pub struct SecondFactorDisableInput {
    password: String,
}

#[derive(Debug, Clone, InputObject)]
pub struct SessionEndInput {
    /// Of `viewer { sessions }`.
    id: String,
}

#[derive(Debug, Clone, InputObject)]
pub struct PreferencesChangeInput {
    language: Language,
    /// Of the IANA database, for example `Europe/Paris`.
    time_zone: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Default)]
pub struct ViewerQueries;

#[Object]
impl ViewerQueries {
    /// Whoever is asking, and what they may see.
    async fn viewer(&self, ctx: &Context<'_>) -> ApiResult<Viewer> {
        ctx.viewer().cloned().map(Viewer)
    }
}

#[derive(Default)]
pub struct SignInMutations;

#[Object]
impl SignInMutations {
    /// Begins a session: the answer sets its cookie, which no script can read.
    #[graphql(complexity = "100 + child_complexity")]
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> ApiResult<SignInPayload> {
        let application = ctx.application()?;
        let origin = ctx.origin()?;
        if !origin.takes_cookies {
            return Err(ApiError::bad_input("Sign in by HTTP: a socket cannot set the cookie."));
        }
        let entrance: &SignedIn = ctx.data().map_err(|error| missing(&error))?;
        if entrance.is_taken() {
            return Err(ApiError::bad_input("One operation signs in once."));
        }
        let attempt = Attempt {
            email: input.email,
            password: input.password,
            code: input.code,
            client: origin.client.clone(),
        };
        let signed_in = application.identity.sign_in(&attempt).await;
        if let Some(outcome) = outcome(&signed_in) {
            application.metrics.sign_in(outcome);
        }
        match signed_in {
            Ok(session) => {
                set_cookie(ctx, &session)?;
                let bearer = application
                    .identity
                    .bearer_of_session(&session.secret)
                    .await
                    .map_err(failed)?;
                let speaker = bearer.map(Speaker::from);
                if let Some(speaker) = &speaker {
                    entrance.enter(ctx.path_node, speaker.clone());
                }
                Ok(SignInPayload {
                    viewer: speaker.map(Viewer),
                    csrf_token: Some(session.csrf),
                    ends_at: Some(Moment(session.ends_at)),
                    user_errors: Vec::new(),
                })
            }
            Err(error) => Ok(SignInPayload {
                viewer: None,
                csrf_token: None,
                ends_at: None,
                user_errors: vec![refused(ctx, error)?],
            }),
        }
    }

    /// Ends this session.
    async fn sign_out(&self, ctx: &Context<'_>) -> ApiResult<DonePayload> {
        let origin = ctx.origin()?;
        if let Some(secret) = &origin.session {
            let ended = ctx.application()?.identity.sign_out(secret, &origin.client).await;
            ended.map_err(failed)?;
        }
        forget_cookie(ctx)?;
        Ok(DonePayload {
            user_errors: Vec::new(),
        })
    }

    /// Ends every session of one's own, this one too.
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> ApiResult<AccountPayload> {
        let user = own_account(ctx)?;
        let context = CommandOptions::default().context(ctx)?;
        let answer = ctx.application()?.identity.sign_out_everywhere(&context, user).await;
        forget_cookie(ctx)?;
        account(ctx, user, answer).await
    }

    /// Ends one of one's own sessions.
    async fn session_end(&self, ctx: &Context<'_>, input: SessionEndInput) -> ApiResult<DonePayload> {
        let user = own_account(ctx)?;
        let ended = ctx.application()?.identity.end_session_named(user.0, &input.id).await;
        if ended.map_err(failed)? {
            return Ok(DonePayload {
                user_errors: Vec::new(),
            });
        }
        let missing = commands::missing("id", "SESSION_NOT_FOUND", "You have no such session.");
        Ok(DonePayload {
            user_errors: vec![missing],
        })
    }

    /// Sets another password. Every session ends; this one goes on as a new one.
    #[graphql(complexity = "200 + child_complexity")]
    async fn password_change(&self, ctx: &Context<'_>, input: PasswordChangeInput) -> ApiResult<AccountPayload> {
        let user = own_account(ctx)?;
        let (application, origin) = (ctx.application()?, ctx.origin()?);
        let context = CommandOptions::default().context(ctx)?;
        let changed = application
            .identity
            .change_password(&context, user, &input.current_password, &input.password)
            .await;
        let goes_on = changed.is_ok() && origin.session.is_some() && origin.takes_cookies;
        let mut payload = account(ctx, user, changed).await?;
        if goes_on {
            let session = application
                .identity
                .begin_session(user.0, &origin.client)
                .await
                .map_err(failed)?;
            set_cookie(ctx, &session)?;
            payload.csrf_token = Some(session.csrf);
        }
        Ok(payload)
    }

    /// Sends a link to set another password, if the address is that of an account. The answer is the same if it is not.
    #[graphql(complexity = "100 + child_complexity")]
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        input: PasswordResetRequestInput,
    ) -> ApiResult<DonePayload> {
        let application = ctx.application()?;
        match application.identity.make_reset_link(&input.email).await {
            Ok(made) => {
                if let Some((user, link)) = made {
                    let context = CommandContext::system(Uuid::now_v7(), "password-reset");
                    letters::reset_password(&application.bus, &context, user, &link).await?;
                }
                Ok(DonePayload {
                    user_errors: Vec::new(),
                })
            }
            Err(error) => Ok(DonePayload {
                user_errors: vec![refused(ctx, error)?],
            }),
        }
    }

    /// Sets a password by the link of an invitation or of a reset. Sign in with it then.
    #[graphql(complexity = "200 + child_complexity")]
    async fn password_reset(&self, ctx: &Context<'_>, input: PasswordResetInput) -> ApiResult<AccountPayload> {
        let identity = &ctx.application()?.identity;
        let user = match identity.user_of_link(&input.link).await {
            Ok(user) => user,
            Err(error) => return refused_account(ctx, error),
        };
        let actor = format!("user:{user}");
        let context = CommandContext::new(actor.as_str(), Uuid::now_v7(), actor.as_str());
        let answer = identity
            .set_password_by_link(&context, &input.link, &input.password)
            .await;
        account(ctx, user, answer).await
    }

    /// Draws a secret for an authenticator; it counts once `secondFactorConfirm` shows a code of it.
    #[graphql(complexity = "200 + child_complexity")]
    async fn second_factor_begin(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorBeginInput,
    ) -> ApiResult<SecondFactorBeginPayload> {
        let user = own_account(ctx)?;
        let identity = &ctx.application()?.identity;
        let begun = async {
            identity.prove_again(user.0, &input.password).await?;
            let details = identity.details(user).await?;
            identity.begin_second_factor(user, details.as_ref()).await
        };
        match begun.await {
            Ok(enrolment) => Ok(SecondFactorBeginPayload {
                secret: Some(enrolment.secret),
                uri: Some(enrolment.uri),
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(SecondFactorBeginPayload {
                secret: None,
                uri: None,
                user_errors: vec![refused(ctx, error)?],
            }),
        }
    }

    /// Turns the second factor on: from now on signing in asks for a code.
    #[graphql(complexity = "50 + child_complexity")]
    async fn second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorConfirmInput,
    ) -> ApiResult<SecondFactorConfirmPayload> {
        let user = own_account(ctx)?;
        let context = CommandOptions::default().context(ctx)?;
        let identity = &ctx.application()?.identity;
        let (answer, recovery_codes) = match identity.confirm_second_factor(&context, user, &input.code).await {
            Ok((outcome, codes)) => (Ok(outcome), codes),
            Err(error) => (Err(error), Vec::new()),
        };
        let result = commands::settle(ctx, answer, &StreamId::new(UserState::TYPE, user.0)).await?;
        Ok(SecondFactorConfirmPayload { result, recovery_codes })
    }

    /// Turns the second factor off.
    #[graphql(complexity = "200 + child_complexity")]
    async fn second_factor_disable(
        &self,
        ctx: &Context<'_>,
        input: SecondFactorDisableInput,
    ) -> ApiResult<AccountPayload> {
        let user = own_account(ctx)?;
        let context = CommandOptions::default().context(ctx)?;
        let identity = &ctx.application()?.identity;
        let answer = async {
            identity.prove_again(user.0, &input.password).await?;
            identity.disable_second_factor(&context, user).await
        };
        account(ctx, user, answer.await).await
    }

    /// Says in which language one is spoken to, and in which zone one's days begin.
    #[graphql(complexity = "50 + child_complexity")]
    async fn preferences_change(&self, ctx: &Context<'_>, input: PreferencesChangeInput) -> ApiResult<AccountPayload> {
        let user = own_account(ctx)?;
        let time_zone = match time_zone(&input.time_zone) {
            Ok(zone) => zone,
            Err(refusal) => {
                let result = CommandResult::refused(commands::user_error(ctx, &refusal));
                return Ok(AccountPayload {
                    result,
                    csrf_token: None,
                });
            }
        };
        let command = UserCommand::Prefer {
            language: input.language.into(),
            time_zone,
        };
        let context = input.options.context(ctx)?;
        let answer = ctx.application()?.identity.command(&context, user, command).await;
        account(ctx, user, answer).await
    }
}

/// The account of whoever asks; programs and the operator's token protect no account.
pub(super) fn own_account(ctx: &Context<'_>) -> ApiResult<UserId> {
    let viewer = ctx.viewer()?;
    match viewer.user() {
        Some(user) if viewer.may_make_credentials() => Ok(user),
        _ => Err(ApiError::new(
            ErrorCode::Forbidden,
            "This is for people who signed in: a token has no account to protect.",
        )),
    }
}

/// A refusal as it is told; anything else is an error of the system.
pub(super) fn refused(ctx: &Context<'_>, error: CommandError<Refused>) -> ApiResult<UserError> {
    match error {
        CommandError::Refused(refused) => Ok(commands::user_error(ctx, &refused)),
        other => Err(failed(other)),
    }
}

/// An error that is no refusal.
pub(super) fn failed(error: CommandError<Refused>) -> ApiError {
    commands::system_error(error)
}

fn refused_account(ctx: &Context<'_>, error: CommandError<Refused>) -> ApiResult<AccountPayload> {
    Ok(AccountPayload {
        result: CommandResult::refused(refused(ctx, error)?),
        csrf_token: None,
    })
}

async fn account(
    ctx: &Context<'_>,
    user: UserId,
    answer: identity::Result<engine::Outcome>,
) -> ApiResult<AccountPayload> {
    let result = commands::settle(ctx, answer, &StreamId::new(UserState::TYPE, user.0)).await?;
    Ok(AccountPayload {
        result,
        csrf_token: None,
    })
}

fn set_cookie(ctx: &Context<'_>, session: &NewSession) -> ApiResult<()> {
    let rest = session.ends_at - ctx.application()?.clock.now();
    // Up to the next whole second: the server ends it exactly.
    let seconds = (rest.num_milliseconds().max(0) + 999) / 1_000;
    cookie(ctx, &session.secret, seconds)
}

fn forget_cookie(ctx: &Context<'_>) -> ApiResult<()> {
    cookie(ctx, "", 0)
}

fn cookie(ctx: &Context<'_>, value: &str, seconds: i64) -> ApiResult<()> {
    let secure = ctx.origin()?.secure;
    let (name, only_over_tls) = if secure {
        (SECURE_COOKIE, "; Secure")
    } else {
        (PLAIN_COOKIE, "")
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{only_over_tls}");
    ctx.append_http_header("set-cookie", text);
    Ok(())
}

/// What to count an attempt as; nothing where the server could not look at it.
const fn outcome<T>(signed_in: &Result<T, CommandError<Refused>>) -> Option<SignIn> {
    match signed_in {
        Ok(_) => Some(SignIn::SignedIn),
        Err(CommandError::Refused(Refused::SecondFactorRequired)) => Some(SignIn::CodeAsked),
        Err(CommandError::Refused(Refused::Throttled { .. })) => Some(SignIn::Throttled),
        Err(CommandError::Refused(_)) => Some(SignIn::Wrong),
        Err(_) => None,
    }
}
