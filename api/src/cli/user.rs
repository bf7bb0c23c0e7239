//! `alforis user`: accounts, for whoever sits at the machine.

use clap::{Args, Subcommand};
use domain::{
    Language, Role, UserId,
    user::{RegisterUser, UserDetails},
};
use engine::CommandContext;
use uuid::Uuid;

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    first_start,
};

/// Stands in the events' headers.
const ACTOR: &str = "shell";

/// Add, disable and reset accounts
///
/// Whoever may open the journal may do this; nobody has to be signed in. A new password is printed once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis user add ines@energie.example --name 'Inès Moreau' --role SALES")]
pub(super) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Register a user with a new password
    Add(AddArgs),
    /// Let a user sign in no more, and end their sessions
    Disable(WhichArgs),
    /// Give a user a new password, without second factor, and end their sessions
    Reset(WhichArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// What they sign in with
    #[arg(value_name = "E-MAIL")]
    email: String,
    /// How they are called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// ADMIN, MANAGER, SALES, ACCOUNTANT, AUDITOR or ANALYST
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// `fr` or `en`
    #[arg(long, value_name = "LANGUAGE", default_value = "fr", value_parser = language)]
    language: Language,
    /// Of the IANA database
    #[arg(long, value_name = "ZONE", default_value = "Europe/Paris")]
    time_zone: chrono_tz::Tz,
}

#[derive(Debug, Args)]
struct WhichArgs {
    /// What they sign in with
    #[arg(value_name = "E-MAIL")]
    email: String,
}

pub(super) async fn run(args: UserArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let opening = match args.command {
        UserCommand::Add(_) => Opening::default(),
        _ => Opening::existing(),
    };
    let application = Application::open(&config, opening).await?;
    match args.command {
        UserCommand::Add(args) => add(&application, args, output).await?,
        UserCommand::Disable(WhichArgs { email }) => {
            let user = known(&application, &email).await?;
            application.identity.deactivate(&context(), user, None, None).await?;
            output.line(format!("{email} may no longer sign in (user:{user})"))?;
        }
        UserCommand::Reset(WhichArgs { email }) => {
            let user = known(&application, &email).await?;
            let password = first_start::random_password();
            application.identity.disable_second_factor(&context(), user).await?;
            application.identity.set_password(&context(), user, &password).await?;
            told(output, &email, user, &password)?;
        }
    }
    Ok(Finish::Done)
}

async fn add(application: &Application, args: AddArgs, output: &mut Output) -> Result<(), Failure> {
    let user = UserId(Uuid::now_v7());
    let register = RegisterUser {
        user,
        details: UserDetails {
            name: args.name,
            email: args.email.clone(),
        },
        role: args.role,
        language: args.language,
        time_zone: args.time_zone,
    };
    let password = first_start::random_password();
    application.identity.register(&context(), register).await?;
    application.identity.set_password(&context(), user, &password).await?;
    told(output, &args.email, user, &password)
}

fn told(output: &mut Output, email: &str, user: UserId, password: &str) -> Result<(), Failure> {
    output.line(format!("e-mail:   {email}"))?;
    output.line(format!("password: {password}"))?;
    output.line(format!("stream:   user:{user}"))
}

async fn known(application: &Application, email: &str) -> Result<UserId, Failure> {
    let found = application.identity.user_of_address(email).await?;
    found
        .map(UserId)
        .ok_or_else(|| Failure::new("USER_NOT_FOUND", format!("nobody signs in with {email}")))
}

fn context() -> CommandContext {
    CommandContext::new(ACTOR, Uuid::now_v7(), ACTOR)
}

fn role(text: &str) -> Result<Role, String> {
    let all = Role::ALL.map(Role::as_str);
    Role::ALL
        .into_iter()
        .find(|role| role.as_str().eq_ignore_ascii_case(text))
        .ok_or_else(|| format!("write one of {}", all.join(", ")))
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "fr" => Ok(Language::French),
        "en" => Ok(Language::English),
        _ => Err("write `fr` or `en`".to_owned()),
    }
}
